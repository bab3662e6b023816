using System.Text.Json.Nodes;
using Sera.Model.Models;

namespace Sera.Model.Checkpoints;

/// <summary>Writes the weight files of a Hugging Face folder: model.safetensors, or shards and the index that says which holds what.</summary>
internal static class WeightFilesWriter
{
    private static readonly Dictionary<string, string> Metadata = new() { ["format"] = "pt" };

    /// <param name="parameters">Under their names in the checkpoint; borrowed.</param>
    public static void Write(string folder, FlatParameters parameters, WeightFormat format)
    {
        var shards = Shards(parameters.Layout.Parameters, format);
        if (shards.Count == 1)
        {
            Write(Path.Combine(folder, WeightFiles.SingleFile), parameters, shards[0], format);
            return;
        }
        var places = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < shards.Count; i++)
        {
            var name = $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors";
            Write(Path.Combine(folder, name), parameters, shards[i], format);
            foreach (var parameter in shards[i]) places.Add(parameter.Name, name);
        }
        PolicyFolderWriter.WriteJson(Path.Combine(folder, WeightFiles.IndexFile), new JsonObject
        {
            ["metadata"] = new JsonObject { ["total_size"] = parameters.Layout.Parameters.Sum(parameter => parameter.Count) * format.ElementBytes },
            ["weight_map"] = new JsonObject(places.Select(place => KeyValuePair.Create(place.Key, (JsonNode?)place.Value))),
        });
    }

    private static void Write(string path, FlatParameters parameters, List<NamedParameter> shard, WeightFormat format) =>
        DurableFile.Write(path, stream => SafetensorsWriter.Write(stream, parameters, Metadata, format.Dtype, shard));

    // In the order of the model, so that a layer lies in one shard or in two that follow each other.
    private static List<List<NamedParameter>> Shards(IEnumerable<NamedParameter> parameters, WeightFormat format)
    {
        var shards = new List<List<NamedParameter>>();
        var room = 0L;
        foreach (var parameter in parameters)
        {
            var bytes = parameter.Count * format.ElementBytes;
            if (shards.Count == 0 || bytes > room)
            {
                shards.Add([]);
                room = format.ShardBytes ?? long.MaxValue;
            }
            shards[^1].Add(parameter);
            room -= bytes;
        }
        return shards;
    }
}
