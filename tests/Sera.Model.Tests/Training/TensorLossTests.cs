using System.Text.Json;
using Sera.Model.Alignment;
using Sera.Model.Data;
using Sera.Model.Training;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Training;

public sealed class TensorLossTests
{
    [SharedFact]
    public void Losses_and_gradients_equal_the_published_vectors()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOf("loss_vectors.json")));
        var checkedVectors = 0;
        foreach (var vector in document.RootElement.GetProperty("vectors").EnumerateArray())
        {
            if (vector.GetProperty("kind").GetString() != "loss" || Name(vector.GetProperty("loss").GetString()!) is not { } name) continue;
            var parameters = vector.GetProperty("params");
            if (parameters.TryGetProperty("f_divergence_type", out _)) continue;
            var gamma = parameters.TryGetProperty("gamma", out var g) ? g.GetDouble() : 0;
            var input = vector.GetProperty("inputs");
            var options = new LossOptions(name, parameters.GetProperty("beta").GetDouble(), gamma);
            var (losses, chosen, rejected) = Run(options, Read(input, "policy_chosen_logps"), Read(input, "policy_rejected_logps"),
                Read(input, "ref_chosen_logps"), Read(input, "ref_rejected_logps"), Read(input, "chosen_lens"), Read(input, "rejected_lens"));
            var expected = vector.GetProperty("expected");
            var id = vector.GetProperty("id").GetString()!;
            Close(id, Read(expected, "per_example"), losses);
            Close(id, [expected.GetProperty("mean").GetSingle()], [losses.Average()]);
            if (expected.TryGetProperty("grad_mean_wrt_policy_chosen_logps", out _))
            {
                Close(id, Read(expected, "grad_mean_wrt_policy_chosen_logps"), chosen);
                Close(id, Read(expected, "grad_mean_wrt_policy_rejected_logps"), rejected);
            }
            checkedVectors++;
        }
        Assert.True(checkedVectors >= 20, $"only {checkedVectors} vectors");
    }

    [Theory]
    [InlineData("dpo", 0.1)]
    [InlineData("ipo", 0.1)]
    [InlineData("slic-hf", 0.1)]
    [InlineData("simpo", 2.0)]
    [InlineData("dpo", 5.0)]
    public void Margins_of_270_leave_loss_and_gradient_finite(string name, double beta)
    {
        foreach (var sign in new[] { 1f, -1f })
        {
            var (losses, chosen, rejected) = Run(new LossOptions(name, beta, 0.5), [-400 + sign * 135], [-400 - sign * 135], [-400], [-400], [7], [3]);
            Assert.True(float.IsFinite(losses[0]) && float.IsFinite(chosen[0]) && float.IsFinite(rejected[0]));
            Assert.True(chosen[0] <= 0 && rejected[0] >= 0 || name == "ipo");
        }
    }

    [Fact]
    public void An_unknown_loss_is_named_with_the_known_ones()
    {
        var error = Assert.Throws<InputException>(() => TensorLosses.Of("dpoo"));
        Assert.Contains("dpo, ipo, simpo, slic-hf", error.Message);
    }

    private static string? Name(string published) => published switch
    {
        "sigmoid" => "dpo",
        "hinge" => "slic-hf",
        "ipo" or "simpo" => published,
        _ => null,
    };

    private static (float[] Losses, float[] Chosen, float[] Rejected) Run(LossOptions options, params float[][] columns)
    {
        using var scope = NewDisposeScope();
        var t = columns.Select(c => tensor(c)).ToArray();
        t[0].requires_grad_(true);
        t[1].requires_grad_(true);
        var losses = TensorLosses.Of(options.Name).PerPair(new LogpTensors(t[0], t[1], t[2], t[3], t[4], t[5]), options);
        losses.mean().backward();
        return (losses.data<float>().ToArray(), t[0].grad!.data<float>().ToArray(), t[1].grad!.data<float>().ToArray());
    }

    private static float[] Read(JsonElement of, string name) => [.. of.GetProperty(name).EnumerateArray().Select(x => x.GetSingle())];

    private static void Close(string id, float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= Math.Max(1e-5, 1e-5 * Math.Abs(expected[i])), $"{id}[{i}]: {actual[i]}, expected {expected[i]}");
    }
}
