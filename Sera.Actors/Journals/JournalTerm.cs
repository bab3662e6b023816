using System.Data.Common;
using System.Globalization;
using Akka.Persistence.Sql.Config;
using LinqToDB;
using LinqToDB.Interceptors;

namespace Sera.Actors.Journals;

/// <summary>Lets every connection that writes events name the coordinator's term, which the database compares with its own (postgresql.sql).</summary>
internal sealed class JournalTerm(JournalDatabase journal) : ConnectionInterceptor
{
    private const string Plugin = "akka.persistence.journal.sql";
    private const string Provider = "PostgreSQL.15";

    /// <summary>For the journal plugin of a control node; in place of what its configuration says of the connection.</summary>
    public static MultiDataOptionsSetup Setup(JournalDatabase journal)
    {
        var setup = new MultiDataOptionsSetup();
        setup.AddDataOptions(Plugin, new DataOptions().UseConnectionString(Provider, journal.ConnectionString).UseInterceptor(new JournalTerm(journal)));
        return setup;
    }

    public override void ConnectionOpened(ConnectionEventData eventData, DbConnection connection)
    {
        using var command = Name(connection);
        command.ExecuteNonQuery();
    }

    public override async Task ConnectionOpenedAsync(ConnectionEventData eventData, DbConnection connection, CancellationToken cancellationToken)
    {
        var command = Name(connection);
        await using (command.ConfigureAwait(false)) await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A pooled connection forgets it when it is given back.</summary>
    private DbCommand Name(DbConnection connection) =>
        JournalRows.Command(connection, string.Create(CultureInfo.InvariantCulture, $"SET sera.term = '{journal.Term}'"));
}
