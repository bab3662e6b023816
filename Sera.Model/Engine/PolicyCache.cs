using Sera.Model.Adapters;
using Sera.Model.Checkpoints;
using Sera.Model.Engine.Native;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Rewards;
using Sera.Model.Tokenization;
using static TorchSharp.torch;

namespace Sera.Model.Engine;

/// <summary>
/// The loaded policies of a process, shared by its engines, by <see cref="PolicyRef"/>. Each is loaded once, counted while in use, and
/// released when it is the least recently used of more than <paramref name="capacity"/>; adapters share the weights of their base.
/// Safe for many threads.
/// </summary>
/// <param name="capacity">Policies kept, those in use included; what is in use is never released.</param>
public sealed class PolicyCache(PolicyBases bases, ArtifactStore store, TorchSettings settings, int capacity = 3) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PolicyRef, Entry> _entries = [];
    private long _clock;

    /// <summary>Policies in memory now.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _entries.Count;
        }
    }

    /// <summary>The policy, loaded if it was not; the first caller loads, others wait for it.</summary>
    /// <exception cref="Data.InputException">The base is unknown here, changed, or malformed.</exception>
    /// <exception cref="DamagedArtifactException">The weights or the adapter are missing or damaged.</exception>
    public PolicyLease Acquire(PolicyRef policy)
    {
        Entry entry;
        lock (_gate)
        {
            if (!_entries.TryGetValue(policy, out entry!)) _entries[policy] = entry = new Entry(policy, new Lazy<LoadedPolicy>(() => Load(policy)));
            entry.Users++;
            entry.LastUse = ++_clock;
        }
        try
        {
            return new PolicyLease(entry.Loaded.Value, () => Release(entry));
        }
        catch
        {
            // A failed load must not be remembered: the file may be there next time.
            lock (_gate)
            {
                entry.Users--;
                if (_entries.GetValueOrDefault(policy) == entry) _entries.Remove(policy);
            }
            throw;
        }
    }

    /// <summary>The policy as it was stored, in fp32: for what is written out or trained on. Where the others are not, it is loaded for this lease alone.</summary>
    /// <inheritdoc cref="Acquire"/>
    public PolicyLease AcquireExact(PolicyRef policy)
    {
        if (settings.Precision == Precision.F32) return Acquire(policy);
        var exact = new PolicyCache(bases, store, settings with { Precision = Precision.F32 }, 0);
        return exact.Acquire(policy);
    }

    /// <summary>The weights of a policy where they lie, whether it is loaded or not; the caller owns it.</summary>
    /// <inheritdoc cref="Acquire"/>
    public PolicyWeights Open(PolicyRef policy) => PolicyWeights.Open(bases.Resolve(policy.Base), store, policy);

    /// <summary>Releases everything; no lease may be in use.</summary>
    public void Dispose()
    {
        while (true)
        {
            Entry? idle;
            lock (_gate)
            {
                idle = _entries.Values.FirstOrDefault(e => e.Users == 0);
                if (idle is null && _entries.Count > 0) throw new InvalidOperationException($"{_entries.Count} policies are still in use");
                if (idle is not null) _entries.Remove(idle.Policy);
            }
            if (idle is null) return;
            idle.Loaded.Value.Dispose();
        }
    }

    private void Release(Entry entry)
    {
        Entry? oldest = null;
        lock (_gate)
        {
            entry.Users--;
            if (_entries.Count > capacity) oldest = _entries.Values.Where(e => e.Users == 0).MinBy(e => e.LastUse);
            if (oldest is not null) _entries.Remove(oldest.Policy);
        }
        if (oldest is null) return;
        oldest.Loaded.Value.Dispose();
        FreedMemory.GiveBack();
    }

    private LoadedPolicy Load(PolicyRef policy)
    {
        if (policy is { Weights: null, Adapter: { } adapter })
        {
            var lease = Acquire(new PolicyRef(policy.Base));
            try
            {
                return new LoadedPolicy(lease, AdapterFile.Read(store.VerifiedPath("adapter", adapter), lease.Folder.Config, settings.Device, settings.DataType));
            }
            catch
            {
                lease.Dispose();
                throw;
            }
        }
        if (policy is { Weights: not null, Adapter: not null }) throw new ArgumentException("a policy is full weights or an adapter, not both", nameof(policy));
        var folder = bases.Resolve(policy.Base);
        var tokenizer = HfTokenizer.Load(folder.Path);
        // A reward model has a digest of its own, so its name is nobody else's.
        var reward = policy.Weights is null && RewardModelFolder.Is(folder);
        var layout = reward ? LlamaLayout.OfReward(folder.Config) : LlamaLayout.Of(folder.Config);
        return new LoadedPolicy(folder, tokenizer, FlatParameters.Frozen(layout, LoadFlat(folder, policy.Weights, reward)), reward);
    }

    private Tensor LoadFlat(PolicyFolder folder, string? weights, bool reward)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        Tensor flat;
        if (weights is null)
        {
            flat = reward ? RewardModelFolder.LoadWeights(folder, settings.DataType) : folder.LoadWeights(settings.DataType);
        }
        else
        {
            using var file = WeightFiles.OpenFile(store.VerifiedPath("weights", weights));
            flat = LlamaWeights.Load(file, folder.Config, settings.DataType);
        }
        if (flat.device == settings.Device) return flat;
        using (flat) return flat.to(settings.Device).DetachFromDisposeScope();
    }

    private sealed class Entry(PolicyRef policy, Lazy<LoadedPolicy> loaded)
    {
        public PolicyRef Policy => policy;

        public Lazy<LoadedPolicy> Loaded => loaded;

        public int Users { get; set; }

        public long LastUse { get; set; }
    }
}
