using Akka.Configuration;
using Akka.Persistence.Sql;
using Sera.Actors.Journals;

namespace Sera.Actors.Hosting;

/// <summary>The configuration of a node, from the files of hocon/ that the assembly carries.</summary>
internal static class NodeConfiguration
{
    /// <summary>A process alone, with its journal in a file.</summary>
    public static Config Of(JournalFile journal) =>
        Parse("sqlite.conf", ("@journal@", JournalFile.ConnectionString(journal.Path)), ("@snapshots@", JournalFile.ConnectionString(journal.Snapshots)))
            .WithFallback(Common());

    /// <summary>A node of a cluster.</summary>
    /// <param name="journal">null for a node without the role control, which writes none.</param>
    public static Config Of(ClusterNodeOptions options, JournalDatabase? journal)
    {
        var cluster = Parse("cluster.conf", ("@version@", typeof(NodeConfiguration).Assembly.GetName().Version!.ToString(3))).WithFallback(Common());
        var own = ConfigurationFactory.ParseString(FormattableString.Invariant($$"""
            akka.remote.dot-netty.tcp.port = {{options.Port}}
            akka.remote.dot-netty.tcp.hostname = "{{Quoted(options.BindHost)}}"
            akka.remote.dot-netty.tcp.public-hostname = "{{Quoted(options.PublicHost)}}"
            akka.remote.dot-netty.tcp.enable-ssl = {{(options.Tls is null ? "off" : "on")}}
            akka.cluster.roles = [{{string.Join(", ", options.Roles.Select(role => $"\"{role}\""))}}]
            akka.cluster.seed-nodes = [{{string.Join(", ", options.Seeds.Select(seed => $"\"akka.{(options.Tls is null ? "tcp" : "ssl.tcp")}://{ClusterNode.SystemName}@{Quoted(seed)}\""))}}]
            """));
        return own.WithFallback(journal is null ? cluster : Parse("postgresql.conf", ("@journal@", journal.ConnectionString)).WithFallback(cluster));
    }

    public static Config Common() => Parse("node.conf").WithFallback(Parse("dispatchers.conf")).WithFallback(SqlPersistence.DefaultConfiguration);

    private static Config Parse(string name, params (string Mark, string Value)[] values) =>
        ConfigurationFactory.ParseString(values.Aggregate(Resource.Text(name), (text, v) => text.Replace(v.Mark, Quoted(v.Value), StringComparison.Ordinal)));

    private static string Quoted(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}
