using Akka.Configuration;
using Akka.Persistence.Sql;

namespace Sera.Actors.Hosting;

/// <summary>The node's configuration, from the files of hocon/ that the assembly carries.</summary>
internal static class NodeConfiguration
{
    public static Config Of(JournalFile journal) =>
        ConfigurationFactory.ParseString(Text("sqlite.conf")
                .Replace("@journal@", Quoted(JournalFile.ConnectionString(journal.Path)), StringComparison.Ordinal)
                .Replace("@snapshots@", Quoted(JournalFile.ConnectionString(journal.Snapshots)), StringComparison.Ordinal))
            .WithFallback(ConfigurationFactory.ParseString(Text("node.conf")))
            .WithFallback(ConfigurationFactory.ParseString(Text("dispatchers.conf")))
            .WithFallback(SqlPersistence.DefaultConfiguration);

    private static string Quoted(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static string Text(string name)
    {
        using var stream = typeof(NodeConfiguration).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"the assembly lacks {name}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
