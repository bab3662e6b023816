using System.CommandLine;
using Npgsql;
using Sera.Actors.Journals;
using Sera.Model.Data;

namespace Sera.Host.Commands;

/// <summary>sera journal: the PostgreSQL journal of a cluster.</summary>
internal static class JournalCommand
{
    public static Command Create(CommandContext context) => new("journal", "The PostgreSQL journal of a cluster.") { Init(context) };

    /// <summary>--journal, or SERA_JOURNAL, which keeps a password out of the process list.</summary>
    public static Option<string?> Connection() => new("--journal")
    {
        Description = "Connection string of the cluster's PostgreSQL database; also SERA_JOURNAL.",
        HelpName = "connection",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("SERA_JOURNAL"),
    };

    private static Command Init(CommandContext context)
    {
        var connection = Connection();
        var command = new Command("init", "Make the tables of the journal; what is there stays.") { connection };
        command.SetAction((parsed, _) => InitAsync(context, parsed.GetValue(connection)));
        return command;
    }

    private static async Task<int> InitAsync(CommandContext context, string? connection)
    {
        if (string.IsNullOrEmpty(connection))
            throw new InputException("--journal", "nothing", "a PostgreSQL connection string", "give it, or set SERA_JOURNAL");
        using var journal = new JournalDatabase(connection);
        try
        {
            await journal.CreateSchemaAsync(context.Stop);
        }
        catch (NpgsqlException e)
        {
            throw new InputException(journal.Address, e.Message, "a PostgreSQL database in which tables can be made", "check address, name, password and rights");
        }
        context.Out.WriteLine($"{journal.Address} holds the tables of version {await journal.ReadSchemaVersionAsync(context.Stop)}");
        return ExitCode.Done;
    }
}
