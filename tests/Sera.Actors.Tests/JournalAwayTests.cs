using Npgsql;
using Sera.Actors.Journals;
using Xunit;

namespace Sera.Actors.Tests;

/// <summary>A database that goes away and a journal that is damaged look alike to who reads it, and must not be taken for each other.</summary>
public sealed class JournalAwayTests
{
    [Fact]
    public void What_a_stopping_or_lost_server_says_is_told_from_damage_however_deep_it_lies()
    {
        var stopping = new PostgresException("terminating connection due to administrator command", "FATAL", "FATAL", "57P01");
        Assert.True(JournalDatabase.IsAway(stopping));
        Assert.True(JournalDatabase.IsAway(new InvalidOperationException("recovery", new AggregateException(new NpgsqlException("reading", stopping)))));
        Assert.True(JournalDatabase.IsAway(new AggregateException(new InvalidOperationException("rolling back"), stopping)));
        Assert.False(JournalDatabase.IsAway(new PostgresException("relation \"journal\" does not exist", "ERROR", "ERROR", "42P01")));
        Assert.False(JournalDatabase.IsAway(new JournalDamagedException("event 5 of run r is missing")));
    }
}
