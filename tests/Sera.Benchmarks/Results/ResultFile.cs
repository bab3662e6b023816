using System.Text.Encodings.Web;
using System.Text.Json;
using Sera.Model.Data;

namespace Sera.Benchmarks.Results;

/// <summary>Results as JSON: one document, or an array of them where there are several.</summary>
internal static class ResultFile
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectRequiredConstructorParameters = true,
    };

    public static string Write(IReadOnlyList<BenchmarkResult> results) =>
        results is [var single] ? JsonSerializer.Serialize(single, Json) : JsonSerializer.Serialize(results, Json);

    /// <exception cref="InputException">The file is none of ours.</exception>
    public static IReadOnlyList<BenchmarkResult> Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return document.RootElement.ValueKind == JsonValueKind.Array
                ? document.Deserialize<BenchmarkResult[]>(Json)!
                : [document.Deserialize<BenchmarkResult>(Json)!];
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new InputException(path, e.Message.ReplaceLineEndings(" "), "a result file of sera-benchmarks", "measure anew with --out");
        }
    }
}
