using Sera.Model.Engine;

namespace Sera.Actors.Work;

/// <summary>The engine of one worker: made on the worker's own thread when first needed, and made again after a failure.</summary>
internal sealed class EngineOwner(Func<IPolicyEngine> create) : IDisposable
{
    private IPolicyEngine? _engine;

    public IPolicyEngine Engine => _engine ??= create();

    public string Fingerprint() => Engine.Fingerprint;

    public void Dispose()
    {
        _engine?.Dispose();
        _engine = null;
    }
}
