namespace Sera.Testing.Postgres;

/// <summary>The installed PostgreSQL, and how its programs are started: they refuse to run as root.</summary>
internal static class PostgresPrograms
{
    private const string User = "postgres";

    private static readonly Lazy<string> Folder = new(Find);

    public static bool AsAnotherUser => Environment.UserName == "root";

    /// <summary>The command line of one of its programs.</summary>
    public static IEnumerable<string> Command(string program, params string[] arguments)
    {
        string[] user = AsAnotherUser ? ["setpriv", "--reuid", User, "--regid", User, "--clear-groups", "--"] : [];
        return [.. user, Path.Combine(Folder.Value, program), .. arguments];
    }

    /// <summary>Hands a folder to the user that the server runs as.</summary>
    public static IEnumerable<string> Give(string folder) => ["chown", $"{User}:{User}", folder];

    private static string Find()
    {
        // The newest of what the distribution's packages install, then whatever the path knows.
        var versions = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [];
        var packaged = versions.OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
            .Select(folder => Path.Combine(folder, "bin"));
        return packaged.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")))
            ?? throw new InvalidOperationException("PostgreSQL is not installed: no initdb in /usr/lib/postgresql/*/bin or PATH (apt-get install postgresql).");
    }
}
