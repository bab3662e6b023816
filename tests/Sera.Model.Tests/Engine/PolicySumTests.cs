using Sera.Model.Adapters;
using Sera.Model.Alignment;
using Sera.Model.Checkpoints;
using Sera.Model.Data;
using Sera.Model.Engine;
using Sera.Model.Models;
using Sera.Model.Models.Llama;
using Sera.Model.Tests.Checkpoints;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Engine;

/// <summary>A base, full weights and an adapter over it, in a store.</summary>
public sealed class PolicySumTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ArtifactStore _store;
    private readonly PolicyFolder _base;

    public PolicySumTests()
    {
        _base = SmallPolicy.Write(_folder["policy"], 1);
        _store = new ArtifactStore(_folder["work"]);
    }

    private LlamaConfig Config => _base.Config;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_parameter_is_the_sum_of_what_the_policies_hold()
    {
        using var start = _base.LoadWeights();
        using var trained = LlamaWeights.Random(Config, 7);
        using var found = Sum((Weights(trained), 1.5), (new PolicyRef(_base.Digest), -0.5));
        var (a, b, sum) = (trained.data<float>().ToArray(), start.data<float>().ToArray(), found.data<float>().ToArray());
        Assert.Equal(a.Zip(b, (x, y) => (float)(1.5 * x - 0.5 * y)), sum);
        Assert.NotEqual(a, sum);
    }

    [Fact]
    public void An_adapter_is_merged_before_it_is_added()
    {
        var (policy, merged) = Adapter();
        using (merged)
        {
            using var alone = Sum((policy, 1));
            Assert.True(merged.Equals(alone));
            using var start = _base.LoadWeights();
            using var half = Sum((policy, 0.5), (new PolicyRef(_base.Digest), 0.5));
            Assert.Equal(
                merged.data<float>().ToArray().Zip(start.data<float>().ToArray(), (x, y) => (float)(0.5 * x + 0.5 * y)), half.data<float>().ToArray());
            Assert.False(merged.Equals(half));
        }
    }

    [Fact]
    public void A_policy_over_another_base_and_a_lost_artifact_are_refused()
    {
        Assert.Throws<ArgumentException>(() => PolicyWeights.Open(_base, _store, new PolicyRef(Sha256.Of("other"))));
        Assert.Throws<DamagedArtifactException>(() => PolicyWeights.Open(_base, _store, new PolicyRef(_base.Digest, Weights: Sha256.Of("lost"))));
        Assert.Throws<DamagedArtifactException>(() => PolicyWeights.Open(_base, _store, new PolicyRef(_base.Digest, Adapter: Sha256.Of("lost"))));
    }

    [Fact]
    public void Weights_that_are_not_finite_name_their_parameter()
    {
        var error = Assert.Throws<InputException>(() => Sum((new PolicyRef(_base.Digest), 1e39)));
        Assert.StartsWith("model.embed_tokens.weight: a weight that is not finite", error.Message, StringComparison.Ordinal);
    }

    private Tensor Sum(params (PolicyRef Policy, double Factor)[] terms)
    {
        var opened = terms.Select(t => (PolicyWeights.Open(_base, _store, t.Policy), t.Factor)).ToArray();
        try
        {
            return PolicySum.Of(Config, opened);
        }
        finally
        {
            foreach (var (weights, _) in opened) weights.Dispose();
        }
    }

    private PolicyRef Weights(Tensor flat)
    {
        using var parameters = FlatParameters.Frozen(LlamaLayout.Of(Config), flat.clone());
        using var pending = _store.Create();
        SafetensorsWriter.Write(pending.Stream, parameters);
        return new PolicyRef(_base.Digest, Weights: pending.Commit("weights").Sha256);
    }

    private (PolicyRef Policy, Tensor Merged) Adapter()
    {
        var options = new LoraOptions(2, 8, ["q_proj", "down_proj"]);
        var layout = LoraAdapter.LayoutOf(Config, options);
        using var generator = new Generator(3);
        using var adapter = new LoraAdapter(Config, options, FlatParameters.Frozen(layout, randn(layout.Length, generator: generator)));
        using var pending = _store.Create();
        AdapterFile.Write(pending.Stream, adapter);
        using var parameters = FlatParameters.Frozen(LlamaLayout.Of(Config), _base.LoadWeights());
        return (new PolicyRef(_base.Digest, Adapter: pending.Commit("adapter").Sha256), LoraMerge.Merge(parameters, adapter));
    }
}
