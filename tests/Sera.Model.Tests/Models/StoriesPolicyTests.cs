using Sera.Model.Models.Llama;
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
            var ids = item.GetProperty("ids").EnumerateArray().Select(i => i.GetInt64()).ToArray();
            var expected = item.GetProperty("token_logprobs").EnumerateArray().Select(i => i.GetDouble()).ToArray();
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var hidden = model.Body(tensor(ids).unsqueeze(0), arange(ids.Length, int64).unsqueeze(0), new MaskedAttention(null));
            var logps = model.Head(hidden).log_softmax(-1).squeeze(0);
            for (var t = 0; t < expected.Length; t++) Assert.Equal(expected[t], logps[t, ids[t + 1]].item<float>(), 1e-4);
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
        var logits = model.Head(model.Prefill(tensor(new[] { 1L }).unsqueeze(0), [0], cache));
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
