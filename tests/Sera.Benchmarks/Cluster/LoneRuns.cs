using Akka.Actor;
using Akka.Configuration;
using Sera.Actors.Artifacts;
using Sera.Actors.Control;
using Sera.Actors.Runs;
using Sera.Actors.Work;
using Sera.Model.Checkpoints;

namespace Sera.Benchmarks.Cluster;

/// <summary>The runs of a journal, their own actors with their own persistence, and nobody who works for them.</summary>
internal sealed class LoneRuns : IAsyncDisposable
{
    private static readonly TimeSpan Ceiling = TimeSpan.FromMinutes(10);

    private readonly ActorSystem _system;
    private readonly IActorRef _runs;

    private LoneRuns(Config config, string workFolder)
    {
        _system = ActorSystem.Create("sera", config);
        var parts = new CoordinatorParts(
            WorkSettings.From(_system.Settings.Config), ControlSettings.From(_system.Settings.Config), new LocalArtifacts(new ArtifactStore(workFolder)), TimeProvider.System);
        _runs = _system.ActorOf(Props.Create(() => new RunsActor(_system.DeadLetters, parts)), "runs");
    }

    /// <summary>Ready when its journal answers: what a program does once at its start is no part of a replay.</summary>
    public static async Task<LoneRuns> StartAsync(Config config, string workFolder)
    {
        var runs = new LoneRuns(config, workFolder);
        await runs.AskAsync(new PauseRun("nobody"));
        return runs;
    }

    /// <summary>A run that is not there yet comes back from its journal first.</summary>
    public Task<RunReply> AskAsync(IRunCommand command) => _runs.Ask<RunReply>(command, Ceiling);

    public async ValueTask DisposeAsync() => await _system.Terminate();
}
