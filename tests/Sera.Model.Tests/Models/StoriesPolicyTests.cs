using System.Collections.Immutable;
using Sera.Model.Engine;
using Sera.Model.Models.Llama;
using Sera.Model.Scoring;
using Xunit;
using static TorchSharp.torch;

namespace Sera.Model.Tests.Models;

public class StoriesPolicyTests
{
    [SharedFact]
    public void Log_probabilities_of_real_weights_equal_the_published_ones()
    {
        using var model = StoriesPolicy.Load(out var parameters);
        using var owned = parameters;
        foreach (var item in StoriesPolicy.Golden().GetProperty("cases").EnumerateArray())
        {
            var ids = item.GetProperty("ids").EnumerateArray().Select(i => i.GetInt32()).ToImmutableArray();
            var expected = item.GetProperty("token_logprobs").EnumerateArray().Select(i => i.GetDouble()).ToArray();
            var groups = Enumerable.Range(1, expected.Length).Select(t => new TokenGroup($"{t}", ids[..t], [[ids[t]]])).ToArray();
            var logps = SequenceLogps.Of(model, new TokenBatch(groups));
            for (var t = 0; t < expected.Length; t++) Assert.Equal(expected[t], logps[t], 1e-4);
        }
    }

    [SharedFact]
    public void Greedy_decoding_of_real_weights_gives_the_published_200_tokens()
    {
        using var model = StoriesPolicy.Load(out var parameters);
        using var owned = parameters;
        var expected = StoriesPolicy.Golden().GetProperty("greedy_from_bos_200").GetProperty("ids").EnumerateArray().Select(i => i.GetInt64()).ToArray();
        using var scope = NewDisposeScope();
        using var cache = new KvCache(model.Config, 1, expected.Length, CPU);
        var logits = model.Head(model.Prefill([[1]], cache));
        var tokens = new List<long> { 1 };
        while (true)
        {
            tokens.Add(logits.argmax(-1).item<long>());
            if (tokens.Count == expected.Length) break;
            logits = model.Decode(tensor(new[] { tokens[^1] }), cache);
        }
        Assert.Equal(expected, tokens);
    }
}
