using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using Sera.Actors.Runs;
using Sera.Actors.Serialization;
using Sera.Actors.Work;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;
using Xunit;

namespace Sera.Actors.Tests;

public sealed class WorkInputsTests
{
    /// <summary>Orders of whole runs, whose JSON tells what is in them without knowing their types.</summary>
    [Fact]
    public void The_inputs_of_an_order_are_every_artifact_and_every_policy_in_it() => Gen.Select(Gen.Int[0, 1000], Gen.Bool).Sample((seed, replay) =>
    {
        var random = new Random(seed);
        var kinds = new HashSet<WorkKind>();
        var options = seed % 2 == 0 ? SmallRun.Options : SmallRun.Options with { Reward = RewardSource.Model, Loss = new LossOptions("pc-dpo", 0.1, 0, Prior: RewardPrior.Cosine) };
        var state = PureWorker.Begin(options with { TrainingData = replay ? TrainingData.Replay : TrainingData.Union });
        while (RunWork.Outstanding(state) is { IsEmpty: false } outstanding)
        {
            var order = outstanding[random.Next(outstanding.Length)];
            kinds.Add(order.Kind);
            AssertComplete(order);
            state = PureWorker.Record(state, order);
        }
        Assert.Equal(Enum.GetValues<WorkKind>().Except([WorkKind.Gradient]).Order(), kinds.Order());
    }, iter: 5);

    [Fact]
    public void So_are_those_of_an_order_that_a_trainer_asks_for()
    {
        ArtifactRef Artifact(string name) => new("any", Sha256.Of(name), 1);
        var request = new GradientRequest(
            new PolicyRef(Sha256.Of("base"), Adapter: Sha256.Of("adapter")), Artifact("parameters"), [Artifact("offline"), Artifact("bootstrapped")], null,
            SmallRun.Options.Loss, [0, 3], 8);
        AssertComplete(new WorkOrder("w", WorkKind.Gradient, "run/train", 1, 2, Gradient: new GradientOrder(request)));
    }

    private static void AssertComplete(WorkOrder order)
    {
        var inputs = WorkInputs.Of(order);
        var objects = Objects(JsonSerializer.SerializeToNode(order, WireJson.Default.WorkOrder)!).ToArray();
        Assert.Equal(
            objects.Where(o => o.ContainsKey("sha256")).Select(o => o["sha256"]!.GetValue<string>()).Distinct().Order(),
            inputs.Artifacts.Select(a => a.Sha256).Order());
        Assert.Equal(
            objects.Where(o => o.ContainsKey("base")).Select(o => $"{o["base"]} {o["weights"]} {o["adapter"]}").Distinct().Order(),
            inputs.Policies.Select(p => $"{p.Base} {p.Weights} {p.Adapter}").Order());
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(member => Objects(member.Value)).Prepend(o),
        JsonArray array => array.SelectMany(Objects),
        _ => [],
    };
}
