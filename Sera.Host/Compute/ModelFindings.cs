using System.Globalization;
using Sera.Host.Preparation;
using Sera.Model.Alignment;
using Sera.Model.Engine;
using Sera.Model.Models.Llama;

namespace Sera.Host.Compute;

/// <summary>What a policy's folder holds and how much memory work with it takes, before any of it is done.</summary>
internal static class ModelFindings
{
    private const int Rank = 16;
    private const int Sequences = 32;

    /// <param name="tokens">Of a forward pass.</param>
    /// <param name="available">Bytes of memory; null where the system does not say.</param>
    /// <returns>What, and what it takes.</returns>
    /// <exception cref="Model.Data.InputException">The folder is no policy.</exception>
    public static IEnumerable<(string What, string Value)> Of(string folder, int tokens, long? available)
    {
        var policy = OpenedPolicy.Open(folder);
        var (config, memory) = (policy.Folder.Config, new LlamaMemory(policy.Folder.Config));
        var lora = new LoraOptions(Rank, 2 * Rank, LlamaLayout.Projections(config));
        yield return ("model", Text($"{memory.ParameterCount:N0} parameters, {config.Layers} layers of {config.HiddenSize}, vocabulary {config.VocabularySize:N0}, context {config.Context:N0}"));
        foreach (var warning in new[] { policy.FieldsWarning(), policy.VocabularyWarning() }.OfType<string>()) yield return ("warning", warning);
        yield return ("weights", Sizes(memory.Weights));
        yield return ("scoring", Sizes(p => memory.Scoring(p, tokens)) + Text($", {tokens:N0} tokens at a time"));
        yield return ("generation", Sizes(p => memory.Generation(p, Sequences)) + Text($", {Sequences} whole contexts side by side"));
        yield return ("lora", Sizes(p => memory.Training(p, tokens, lora, false)) + Text($", rank {Rank} on all projections; with recompute {Sizes(p => memory.Training(p, tokens, lora, true))}"));
        yield return ("full", Sizes(p => memory.Training(p, tokens, null, false)) + Text($"; with recompute {Sizes(p => memory.Training(p, tokens, null, true))}"));

        string Sizes(Func<Precision, long> bytes) => $"{Size(bytes(Precision.F32))} in f32, {Size(bytes(Precision.Bf16))} in bf16";

        string Size(long bytes) => Text($"{Math.Max(1, bytes >> 20):N0} MiB") + (bytes > available ? " (more than there is)" : "");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
