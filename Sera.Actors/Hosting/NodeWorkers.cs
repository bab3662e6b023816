using Akka.Actor;
using Sera.Actors.Bootstrapping;
using Sera.Actors.Evaluation;
using Sera.Actors.Generation;
using Sera.Actors.Scoring;
using Sera.Actors.Selection;
using Sera.Actors.Training;
using Sera.Actors.Work;
using Sera.Model.Engine;

namespace Sera.Actors.Hosting;

/// <summary>The worker actors of a node, by role. Each has a thread of its own.</summary>
/// <param name="inTurn">
/// Two for each scorer and generator, which take turns: where results are brought to other nodes, the device would wait for that.
/// </param>
internal sealed class NodeWorkers(ActorSystem system, WorkerSetup setup, Func<IPolicyEngine> createEngine, bool inTurn = false)
{
    private const string Torch = "sera.torch-dispatcher";
    private const string Plain = "sera.work-dispatcher";
    private readonly List<IActorRef> _all = [];

    public IReadOnlyList<IActorRef> All => _all;

    public void Generate(int count) => Spawn("generation", count, turn => Props.Create(() => new GenerationActor(setup, createEngine, turn)));

    public void Score(int count) => Spawn("scoring", count, turn => Props.Create(() => new ImplicitRewardScoringActor(setup, createEngine, turn)));

    /// <summary>Beside every trainer one for micro-batches, at work while trainers wait for gradients.</summary>
    public void Train(int count)
    {
        Spawn("training", count, Torch, Props.Create(() => new GradientTrainingActor(setup, createEngine)));
        Spawn("gradient", count, Torch, Props.Create(() => new MicroBatchActor(setup, createEngine)));
    }

    /// <summary>Selection, bootstrapping and evaluation: rows, no tensors.</summary>
    public void Decide()
    {
        Spawn("selection", 1, Plain, Props.Create(() => new MarginSelectionActor(setup)));
        Spawn("bootstrapping", 1, Plain, Props.Create(() => new PreferenceBootstrapActor(setup)));
        Spawn("evaluation", 1, Plain, Props.Create(() => new EvaluationActor(setup)));
    }

    private void Spawn(string name, int count, Func<DeviceTurn?, Props> props)
    {
        foreach (var number in Enumerable.Range(1, count))
        {
            var turn = inTurn ? new DeviceTurn() : null;
            foreach (var which in inTurn ? new[] { "", "-in-turn" } : [""])
            {
                _all.Add(system.ActorOf(props(turn).WithDispatcher(Torch), $"{name}-{number}{which}"));
            }
        }
    }

    private void Spawn(string name, int count, string dispatcher, Props props)
    {
        foreach (var number in Enumerable.Range(1, count))
        {
            _all.Add(system.ActorOf(props.WithDispatcher(dispatcher), $"{name}-{number}"));
        }
    }
}
