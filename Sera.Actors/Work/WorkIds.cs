using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Sera.Actors.Serialization;
using Sera.Model.Checkpoints;
using Sera.Model.Engine;

namespace Sera.Actors.Work;

/// <summary>
/// Names of work: the SHA-256 of the kind, its version and the canonical JSON of the order's inputs. Neither the run's id nor who does it is in
/// there, so that doing it twice is harmless and a second run finds the first one's results. A version rises when the same inputs begin to
/// mean another result.
/// </summary>
public static class WorkIds
{
    public static string Of(GenerateOrder order) => Of("generate:1", order, WireJson.Default.GenerateOrder);

    public static string Of(ScoreOrder order) => Of("score:1", order, WireJson.Default.ScoreOrder);

    public static string Of(SelectOrder order) => Of("select:1", order, WireJson.Default.SelectOrder);

    public static string Of(BootstrapOrder order) => Of("bootstrap:1", order, WireJson.Default.BootstrapOrder);

    /// <summary>Who computes the gradients is no input: it does not change the result.</summary>
    public static string Of(TrainOrder order) => Of(
        "train:1", new TrainOrder(order.Segment with { Training = order.Segment.Training with { Distribute = false } }), WireJson.Default.TrainOrder);

    public static string Of(EvaluateOrder order) => Of("evaluate:1", order, WireJson.Default.EvaluateOrder);

    public static string Of(GradientOrder order) => Of("gradient:1", order, WireJson.Default.GradientOrder);

    /// <summary>The id of an order for one kind of engine: results of one are never taken for those of another.</summary>
    public static string For(EngineKind engine, string workId) => engine switch
    {
        EngineKind.F32 => workId,
        EngineKind.Bf16 => Sha256.Of("bf16\n" + workId),
        EngineKind.Simulated => Sha256.Of("simulated\n" + workId),
        _ => throw new ArgumentOutOfRangeException(nameof(engine), engine, null),
    };

    private static string Of<T>(string kind, T order, JsonTypeInfo<T> type) => Sha256.Of(kind + "\n" + JsonSerializer.Serialize(order, type));
}
