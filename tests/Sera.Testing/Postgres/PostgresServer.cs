using System.Collections.Immutable;
using System.Diagnostics;
using Npgsql;
using Sera.Testing.Network;
using Sera.Testing.Processes;

namespace Sera.Testing.Postgres;

/// <summary>A PostgreSQL server of the tests' own, in a folder that goes away with it: durable as in production, and it can be hurt.</summary>
internal sealed class PostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("sera-postgres-").FullName;
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private Process? _postmaster;

    private PostgresServer()
    {
    }

    public int Port { get; } = FreePorts.Next();

    public string Log => Path.Combine(_folder, "log");

    /// <summary>A folder of sockets: whoever sees the files reaches the server, in whatever network it lives.</summary>
    public string Sockets => _folder;

    public bool Running => _postmaster is { HasExited: false };

    /// <summary>To the server's own database, over TCP.</summary>
    public string ConnectionString => Connection("postgres");

    /// <summary>A new server, started.</summary>
    public static async Task<PostgresServer> NewAsync()
    {
        var server = new PostgresServer();
        try
        {
            if (PostgresPrograms.AsAnotherUser) await LoggedProcess.RunAsync([.. PostgresPrograms.Give(server._folder)]);
            string[] options = ["-D", server.Data, "-U", "postgres", "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync"];
            await LoggedProcess.RunAsync([.. PostgresPrograms.Command("initdb", options)]);
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <param name="host">An address, or <see cref="Sockets"/>.</param>
    /// <param name="port">Another port than the server's, where a proxy stands before it.</param>
    public string Connection(string database, string host = "127.0.0.1", int? port = null) =>
        $"Host={host};Port={port ?? Port};Username=postgres;Database={database};Timeout=15";

    /// <summary>Makes a database.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync(string name)
    {
        await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"CREATE DATABASE \"{name}\"", connection);
        await command.ExecuteNonQueryAsync();
        return Connection(name);
    }

    /// <summary>Done when it answers.</summary>
    public Task StartAsync() => AloneAsync(BeginAsync);

    /// <summary>Asks it to end: what runs is rolled back, what was committed is on disk.</summary>
    public Task StopAsync() => AloneAsync(EndAsync);

    /// <summary>kill -9 of the postmaster and all its children at once, as a lost machine does it.</summary>
    public Task KillAsync() => AloneAsync(async () =>
    {
        var killed = SignalAll(Signals.Kill);
        await WaitForEndAsync();
        // The next server refuses to start while one of them still has the memory they share.
        await Patience.UntilAsync(() => Task.FromResult(!killed.Any(Signals.IsAlive)), Ceiling, () => "killed processes of PostgreSQL are still there");
    });

    public Task RestartAsync() => AloneAsync(async () =>
    {
        await EndAsync();
        await BeginAsync();
    });

    /// <summary>Stops every process of it where it stands (SIGSTOP): connections stay open and nobody answers.</summary>
    public void Freeze() => SignalAll(Signals.Stop);

    public void Thaw() => SignalAll(Signals.Continue);

    public async ValueTask DisposeAsync()
    {
        if (Running) await KillAsync();
        _postmaster?.Dispose();
        NpgsqlConnection.ClearAllPools();
        Directory.Delete(_folder, recursive: true);
    }

    private string Data => Path.Combine(_folder, "data");

    private async Task BeginAsync()
    {
        if (Running) return;
        _postmaster?.Dispose();
        string[] options =
        [
            "-D", Data, "-p", $"{Port}", "-k", _folder, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=on", "-c", "synchronous_commit=on",
            "-c", "max_connections=400", "-c", "log_line_prefix=%m [%p] %d ",
        ];
        _postmaster = LoggedProcess.Start(Log, ImmutableDictionary<string, string>.Empty, PostgresPrograms.Command("postgres", options));
        await Patience.UntilAsync(AnswersAsync, Ceiling, () => $"PostgreSQL did not start:\n{LoggedProcess.Tail(Log)}");
    }

    private async Task<bool> AnswersAsync()
    {
        if (!Running) throw new InvalidOperationException($"PostgreSQL ended while it started:\n{LoggedProcess.Tail(Log)}");
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private async Task EndAsync()
    {
        if (!Running) return;
        Thaw();
        Signals.Send(_postmaster!.Id, Signals.Interrupt);
        await WaitForEndAsync();
    }

    private async Task WaitForEndAsync()
    {
        if (_postmaster is null) return;
        using var ceiling = new CancellationTokenSource(Ceiling);
        await _postmaster.WaitForExitAsync(ceiling.Token);
    }

    /// <returns>The children that got it.</returns>
    private IReadOnlyList<int> SignalAll(int signal)
    {
        if (_postmaster is not { HasExited: false } postmaster) return [];
        // The postmaster first stands still: it would start new children while the others are signalled.
        Signals.Send(postmaster.Id, Signals.Stop);
        var children = Signals.Children(postmaster.Id);
        foreach (var child in children) Signals.Send(child, signal);
        Signals.Send(postmaster.Id, signal);
        return children;
    }

    private async Task AloneAsync(Func<Task> action)
    {
        await _oneAtATime.WaitAsync();
        try
        {
            await action();
        }
        finally
        {
            _oneAtATime.Release();
        }
    }
}
