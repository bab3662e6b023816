using System.Text.Json;
using Sera.Model.Alignment;
using Xunit;

namespace Sera.Model.Tests.Alignment;

/// <summary>The shared vectors, whose expected values are rounded to six decimals.</summary>
internal static class LossVectors
{
    private const double Tolerance = 2e-6;

    public static List<JsonElement> All()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOf("loss_vectors.json")));
        return [.. document.RootElement.GetProperty("vectors").Clone().EnumerateArray()];
    }

    public static List<JsonElement> Named(string function) =>
        [.. All().Where(v => v.TryGetProperty("fn", out var fn) && fn.GetString() == function)];

    public static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetDouble())];

    public static PairLogps[] Pairs(JsonElement inputs)
    {
        string[] names = ["policy_chosen_logps", "policy_rejected_logps", "ref_chosen_logps", "ref_rejected_logps", "chosen_lens", "rejected_lens"];
        var columns = names.Select(c => Numbers(inputs.GetProperty(c))).ToArray();
        return [.. Enumerable.Range(0, columns[0].Length).Select(i =>
            new PairLogps(
                columns[0][i], columns[1][i], columns[2][i], columns[3][i], (int)columns[4][i], (int)columns[5][i], Explored("policy", i), Explored("ref", i)))];

        double Explored(string policy, int i) => inputs.TryGetProperty($"{policy}_response_logps", out var logps) ? logps[i].GetDouble() : 0;
    }

    public static void AssertClose(string what, double[] expected, IEnumerable<double> actual)
    {
        var found = actual.ToArray();
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            var allowed = Math.Max(Tolerance, 1e-9 * Math.Abs(expected[i]));
            Assert.True(Math.Abs(expected[i] - found[i]) <= allowed, $"{what}[{i}]: expected {expected[i]:R}, found {found[i]:R}");
        }
    }
}
