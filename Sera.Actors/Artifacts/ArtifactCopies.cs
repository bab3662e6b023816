using System.Collections.Immutable;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Akka.Actor;
using Akka.Event;
using Sera.Model.Checkpoints;

namespace Sera.Actors.Artifacts;

/// <summary>Sees to it that enough nodes hold an artifact. Everything runs on tasks; for many threads.</summary>
internal sealed class ArtifactCopies(ArtifactExchange exchange)
{
    /// <summary>Copies that a repair makes at the same time; the work of the nodes goes first.</summary>
    private const int RepairsAtOnce = 2;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(8);

    /// <summary>Done when as many nodes as asked for, or as there are, hold it durably. Keeps trying.</summary>
    /// <exception cref="DamagedArtifactException">It is not here, and no node had it for as long as patience goes.</exception>
    public async Task SecureAsync(ArtifactRef artifact, CancellationToken cancellation)
    {
        await Task.Run(() => exchange.Touch(artifact.Sha256), cancellation).ConfigureAwait(false);
        for (var pause = Pause; !await TryAsync(artifact.Sha256, cancellation).ConfigureAwait(false); pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            if (!exchange.Has(artifact.Sha256) && await exchange.FetchAsync(artifact.Sha256).WaitAsync(cancellation).ConfigureAwait(false) is { } failure)
                throw new DamagedArtifactException(artifact, exchange.Store.PathOf(artifact.Sha256), failure);
            await Task.Delay(pause, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Counts the copies of each, and makes those that are missing. What nobody has is not waited for.</summary>
    public async Task<RepairedCopies> RepairAsync(IEnumerable<string> names, CancellationToken cancellation)
    {
        var (repaired, needed, lost) = (0, 0, ImmutableArray.CreateBuilder<string>());
        var distinct = names.Where(ArtifactStore.IsName).Distinct(StringComparer.Ordinal).ToArray();
        var few = new ParallelOptions { MaxDegreeOfParallelism = RepairsAtOnce, CancellationToken = cancellation };
        foreach (var chunk in distinct.Chunk(FindArtifacts.Most))
        {
            var (scarce, nowhere) = await CountAsync(chunk).ConfigureAwait(false);
            lost.AddRange(nowhere);
            needed += scarce.Length;
            await Parallel.ForEachAsync(scarce, few, async (name, stop) =>
            {
                if (await RepairAsync(name, stop).ConfigureAwait(false)) Interlocked.Increment(ref repaired);
            }).ConfigureAwait(false);
        }
        return new RepairedCopies(distinct.Length, repaired, needed - repaired, lost.ToImmutable());
    }

    /// <summary>The other nodes in the order in which they are asked to keep a copy: the same on every node, and spread over the nodes by name.</summary>
    internal static IEnumerable<ArtifactPeer> Ranked(string sha256, ImmutableArray<ArtifactPeer> peers) =>
        peers.OrderByDescending(p => p.Reachable).ThenByDescending(p => p.Control).ThenByDescending(p => Weight(sha256, p.Address));

    private static BigInteger Weight(string sha256, Address address) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes($"{sha256} {address}")), isUnsigned: true, isBigEndian: true);

    private async Task<(string[] Scarce, string[] Nowhere)> CountAsync(string[] names)
    {
        var peers = exchange.Peers.Current;
        var question = new FindArtifacts([.. names]);
        var answers = await Task.WhenAll(peers.Select(p => exchange.Peers.AskAsync<ArtifactsFound>(p, question))).ConfigureAwait(false);
        var copies = answers.SelectMany(a => a?.Found ?? []).Select(f => f.Sha256).Concat(names.Where(exchange.Has)).CountBy(n => n)
            .ToDictionary(StringComparer.Ordinal);
        var wanted = exchange.Settings.IsShared ? 1 : Math.Min(exchange.Settings.Copies, peers.Length + 1);
        return ([.. copies.Where(c => c.Value < wanted).Select(c => c.Key)], [.. names.Where(n => !copies.ContainsKey(n))]);
    }

    private async Task<bool> RepairAsync(string name, CancellationToken stop)
    {
        try
        {
            // A copy of this node counts too, and from here the others can take it.
            if (await exchange.FetchAsync(name).WaitAsync(stop).ConfigureAwait(false) is not null) return false;
            exchange.Touch(name);
            return await TryAsync(name, stop).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            exchange.Log.Warning("artifact {0}: this node cannot keep a copy: {1}", name, e.Message);
            return false;
        }
    }

    /// <summary>Asks each of the others once, in order, until there are copies enough.</summary>
    private async Task<bool> TryAsync(string sha256, CancellationToken cancellation)
    {
        if (exchange.Settings.IsShared) return true;
        var peers = exchange.Peers.Current;
        var wanted = Math.Min(exchange.Settings.Copies - (exchange.Has(sha256) ? 1 : 0), peers.Length);
        foreach (var peer in Ranked(sha256, peers))
        {
            if (wanted <= 0) break;
            if (await KeepAsync(peer, sha256, cancellation).ConfigureAwait(false)) wanted--;
        }
        return wanted <= 0;
    }

    private async Task<bool> KeepAsync(ArtifactPeer peer, string sha256, CancellationToken cancellation)
    {
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var answer = await exchange.Peers.AskAsync<ArtifactKept>(peer, new KeepArtifact(sha256)).WaitAsync(cancellation).ConfigureAwait(false);
            if (answer is { State: KeepState.Pending }) continue;
            if (answer is not { State: KeepState.Kept })
                exchange.Log.Info("artifact {0}: {1} keeps no copy: {2}", sha256, peer.Address, answer?.Reason ?? "it does not answer");
            return answer is { State: KeepState.Kept };
        }
    }
}
