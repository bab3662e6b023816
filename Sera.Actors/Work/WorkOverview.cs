using System.Collections.Immutable;
using Sera.Actors.Serialization;
using Sera.Model.Engine;

namespace Sera.Actors.Work;

/// <summary>Anyone to dispatcher: who is here, and what is in work? Answered with <see cref="WorkOverview"/>.</summary>
public sealed record GetWorkOverview : IWireMessage;

/// <param name="Workers">By address.</param>
/// <param name="Runs">Those that wait for something, by id.</param>
/// <param name="InWork">Of the orders held now, by run, round and kind.</param>
public sealed record WorkOverview(
    ImmutableArray<WorkerOverview> Workers, ImmutableArray<RunOverview> Runs, ImmutableArray<InWorkOverview> InWork) : IWireMessage;

/// <summary>A worker that was heard of and is not known to be gone.</summary>
/// <param name="Address">Path of the worker, its node's address included.</param>
/// <param name="Device">null where it did not say.</param>
/// <param name="WorkId">Of what it does; null while it waits, and so are <paramref name="RunId"/> and <paramref name="Round"/>.</param>
/// <param name="Progress">null where it has not said how far it is.</param>
/// <param name="TokensPerSecond">Moving average over its completed orders; null before the first that had tokens.</param>
/// <param name="Completed">Orders it brought results of.</param>
public sealed record WorkerOverview(
    string Address, WorkKind Kind, string? Device, string? WorkId, string? RunId, int? Round, WorkProgress? Progress, double? TokensPerSecond,
    int Completed);

/// <param name="Outstanding">Orders it waits for, those in work included.</param>
/// <param name="Leased">Orders in work.</param>
public sealed record RunOverview(string RunId, int Outstanding, int Leased);

/// <param name="Done">Units done of the orders in work.</param>
/// <param name="Total">Units of those orders.</param>
/// <param name="Tokens">Tokens processed for them so far.</param>
public sealed record InWorkOverview(string RunId, int Round, WorkKind Kind, long Done, long Total, long Tokens);
