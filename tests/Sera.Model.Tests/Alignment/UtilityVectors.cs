using System.Text.Json;

namespace Sera.Model.Tests.Alignment;

/// <summary>The shared vectors of what is no loss, by the function they are for.</summary>
internal static class UtilityVectors
{
    public static List<JsonElement> Named(string function)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOf("loss_vectors.json")));
        return [.. document.RootElement.GetProperty("vectors").Clone().EnumerateArray().Where(v => v.TryGetProperty("fn", out var fn) && fn.GetString() == function)];
    }

    public static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetDouble())];
}
