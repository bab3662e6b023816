using Xunit;

namespace Sera.Testing.Postgres;

/// <summary>One server for the tests of a class, which do not hurt it: each takes a database of its own.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    internal PostgresServer Postgres { get; private set; } = null!;

    public async Task InitializeAsync() => Postgres = await PostgresServer.NewAsync();

    public async Task DisposeAsync() => await Postgres.DisposeAsync();
}
