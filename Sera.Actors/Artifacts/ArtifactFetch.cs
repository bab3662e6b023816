using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using Akka.Streams;
using Sera.Model.Checkpoints;

namespace Sera.Actors.Artifacts;

/// <summary>
/// The search for one artifact: asks who has it, takes it from the first that does, goes on with the next where a transfer was cut. For one task.
/// </summary>
/// <param name="holder">Asked alone at first; null = all are asked.</param>
internal sealed class ArtifactFetch(FetchTools tools, string sha256, Address? holder = null) : IDisposable
{
    private const int LinuxBusy = 11;
    private const int WindowsBusy = unchecked((int)0x80070020);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>Nodes whose content was wrong; not asked again.</summary>
    private readonly HashSet<Address> _wrong = [];

    /// <summary>Time in which nothing came.</summary>
    private readonly Stopwatch _silence = new();
    private PartialArtifact? _part;
    private string _last = "no node has it";

    /// <returns>Null when it is whole in the store, else why it is not.</returns>
    /// <exception cref="DiskFaultException">This node's disk refused.</exception>
    public async Task<string?> RunAsync()
    {
        _silence.Start();
        while (true)
        {
            if (tools.Verified.IsWhole(sha256) || (!tools.Settings.IsShared && await TryPeersAsync().ConfigureAwait(false))) return null;
            if (_silence.Elapsed >= tools.Settings.Patience) return $"{_last}, and that for {tools.Settings.Patience.TotalSeconds:0.#} s";
            await Task.Delay(Pause, tools.Stopping).ConfigureAwait(false);
        }
    }

    public void Dispose() => _part?.Dispose();

    /// <summary>One question instead of one to every node, where a copy is asked for by who made the artifact.</summary>
    private async Task<bool> TryPeersAsync()
    {
        var peers = tools.Peers.Current.Where(p => !_wrong.Contains(p.Address)).ToArray();
        return (peers.FirstOrDefault(p => p.Address.Equals(holder)) is { } first && await TryHoldersAsync([first]).ConfigureAwait(false))
            || await TryHoldersAsync(peers.Where(p => !_wrong.Contains(p.Address) && !p.Address.Equals(holder))).ConfigureAwait(false);
    }

    private async Task<bool> TryHoldersAsync(IEnumerable<ArtifactPeer> peers)
    {
        var question = new FindArtifacts([sha256]);
        var asked = peers
            .Select(async peer => (Peer: peer, Answer: await tools.Peers.AskAsync<ArtifactsFound>(peer, question).ConfigureAwait(false)));
        await foreach (var one in Task.WhenEach(asked).ConfigureAwait(false))
        {
            var (peer, answer) = await one.ConfigureAwait(false);
            if (answer?.Found.FirstOrDefault(f => f.Sha256 == sha256) is not { } found) continue;
            _silence.Stop();
            await tools.Slots.WaitAsync(tools.Stopping).ConfigureAwait(false);
            _silence.Start();
            try
            {
                if (await TryHolderAsync(peer, found.Bytes).ConfigureAwait(false)) return true;
            }
            finally
            {
                tools.Slots.Release();
            }
        }
        return false;
    }

    private async Task<bool> TryHolderAsync(ArtifactPeer peer, long bytes)
    {
        if (OpenPart() is not { } part) return false;
        while (true)
        {
            if (part.Length > bytes) part.Clear();
            var offset = part.Length;
            var cut = offset == bytes ? null : await ReceiveAsync(peer, part, bytes).ConfigureAwait(false);
            if (cut is null && part.Length < bytes) cut = "it ended early";
            if (cut is not null)
            {
                _last = $"{peer.Address} broke off after {part.Length} of {bytes} bytes: {cut}";
                tools.Log.Info("artifact {0}: {1}", sha256, _last);
                return false;
            }
            if (Commit(part)) return true;
            if (offset == 0) break;
            tools.Log.Info("artifact {0}: pieces of several transfers do not fit together; it begins anew", sha256);
        }
        _last = $"{peer.Address} sent other content";
        tools.Log.Warning("artifact {0}: {1}; what came is thrown away", sha256, _last);
        _wrong.Add(peer.Address);
        tools.Peers.Tell(peer, new KeepArtifact(sha256, Recheck: true));
        return false;
    }

    // Null while another process has it open: what it receives will be found in the store.
    private PartialArtifact? OpenPart()
    {
        try
        {
            return _part ??= tools.Store.OpenPart(sha256);
        }
        catch (IOException e) when (e.HResult is LinuxBusy or WindowsBusy)
        {
            _last = "another process of this node is receiving it";
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiskFaultException(e);
        }
    }

    private async Task<string?> ReceiveAsync(ArtifactPeer peer, PartialArtifact part, long bytes)
    {
        try
        {
            var offset = part.Length;
            switch (await tools.Peers.AskAsync<object>(peer, new StreamArtifact(sha256, offset)).ConfigureAwait(false))
            {
                case ISourceRef<byte[]> source:
                    await tools.Streams.ReceiveAsync(source, part, bytes, length => Heard(peer, offset, length), tools.Stopping).ConfigureAwait(false);
                    return null;
                case ArtifactRefused refused:
                    return refused.Reason;
                default:
                    return "it does not answer";
            }
        }
        catch (Exception e) when (e is not DiskFaultException && !tools.Stopping.IsCancellationRequested)
        {
            return e.Message.ReplaceLineEndings(" ");
        }
    }

    private void Heard(ArtifactPeer peer, long offset, long length)
    {
        _silence.Restart();
        tools.Observed?.Invoke(new ArtifactTransferred(peer.Address, sha256, offset, length));
    }

    private bool Commit(PartialArtifact part)
    {
        try
        {
            if (!part.TryCommit()) return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiskFaultException(e);
        }
        tools.Verified.Add(sha256);
        return true;
    }
}
