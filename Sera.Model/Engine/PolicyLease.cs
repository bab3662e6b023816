using Sera.Model.Checkpoints;
using Sera.Model.Models.Llama;
using Sera.Model.Tokenization;

namespace Sera.Model.Engine;

/// <summary>Keeps a policy loaded until disposed. Everything it gives is borrowed and read-only.</summary>
public sealed class PolicyLease : IDisposable
{
    private readonly LoadedPolicy _policy;
    private Action? _release;

    internal PolicyLease(LoadedPolicy policy, Action release) => (_policy, _release) = (policy, release);

    public LlamaModel Model => _policy.Model;

    public PolicyFolder Folder => _policy.Folder;

    public ITextTokenizer Tokenizer => _policy.Tokenizer;

    public void Dispose() => Interlocked.Exchange(ref _release, null)?.Invoke();
}
