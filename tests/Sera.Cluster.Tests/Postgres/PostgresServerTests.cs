using Npgsql;
using Sera.Testing.Postgres;
using Xunit;

namespace Sera.Cluster.Tests.Postgres;

/// <summary>The server that the cluster's tests hurt keeps what it promised: otherwise they would prove nothing.</summary>
[Collection(OneAtATime.Name)]
public sealed class PostgresServerTests : IAsyncLifetime
{
    private PostgresServer _server = null!;
    private string _database = "";

    public async Task InitializeAsync()
    {
        _server = await PostgresServer.NewAsync();
        _database = await _server.CreateDatabaseAsync("kept");
        await ExecuteAsync("CREATE TABLE event (number int PRIMARY KEY)");
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task What_was_committed_survives_a_kill_and_a_restart()
    {
        await ExecuteAsync("INSERT INTO event VALUES (1)");
        await _server.KillAsync();
        Assert.False(_server.Running);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ExecuteAsync("INSERT INTO event VALUES (2)"));
        await _server.StartAsync();
        await ExecuteAsync("INSERT INTO event VALUES (3)");
        await _server.RestartAsync();
        Assert.Equal(4L, await ScalarAsync("SELECT sum(number) FROM event"));
    }

    [Fact]
    public async Task A_frozen_server_answers_when_it_is_thawed()
    {
        _server.Freeze();
        var insert = ExecuteAsync("INSERT INTO event VALUES (5)");
        _server.Thaw();
        await insert;
        _server.Freeze();
        await _server.StopAsync();
        Assert.False(_server.Running);
        await _server.StartAsync();
        Assert.Equal(5L, await ScalarAsync("SELECT sum(number) FROM event"));
    }

    [Fact]
    public async Task It_is_reached_through_its_socket_too_and_is_durable()
    {
        await using var connection = new NpgsqlConnection(_server.Connection("kept", _server.Sockets) + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SHOW fsync", connection);
        Assert.Equal("on", await command.ExecuteScalarAsync());
    }

    private async Task ExecuteAsync(string sql) => await ScalarAsync(sql);

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_database + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
