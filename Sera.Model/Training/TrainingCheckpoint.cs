using System.Globalization;
using Sera.Model.Checkpoints;
using Sera.Model.Models;
using static TorchSharp.torch;

namespace Sera.Model.Training;

/// <summary>
/// The state of a training as safetensors: the trained buffer and both moments, flat, the steps taken and a digest of the layout in the
/// metadata, with the margins of the steps where the loss follows them, and what the training was started with where one file is all there is. Equal states give equal bytes.
/// </summary>
internal static class TrainingCheckpoint
{
    private const string Format = "sera-checkpoint-1";
    private const string Parameters = "parameters";
    private const string FirstMoment = "first_moment";
    private const string SecondMoment = "second_moment";
    private const string Margins = "margins";

    /// <param name="inputs">Digest of what the training was started with; empty where others keep it.</param>
    public static void Write(Stream stream, TrainablePolicy policy, string inputs = "") => SafetensorsWriter.Write(
        stream,
        [(Parameters, policy.Trained.Flat), (FirstMoment, policy.Optimizer.First), (SecondMoment, policy.Optimizer.Second)],
        MetadataOf(policy, inputs));

    /// <summary>Overwrites the state of a policy of the same layout, the steps taken included.</summary>
    /// <exception cref="InvalidDataException">The file is not a checkpoint of such a policy, or was started with other inputs.</exception>
    public static void Restore(string path, TrainablePolicy policy, string inputs = "")
    {
        using var file = SafetensorsFile.Open(path);
        Expect(path, file, "format", Format);
        Expect(path, file, "inputs", inputs);
        Expect(path, file, "layout", Digest(policy.Trained.Layout));
        if (!int.TryParse(file.Metadata.GetValueOrDefault("step"), NumberStyles.None, CultureInfo.InvariantCulture, out var step))
            throw new InvalidDataException($"{path}: the checkpoint does not say its step");
        using var noGrad = no_grad();
        Copy(file, Parameters, policy.Trained.Flat);
        policy.Trained.Refresh();
        Copy(file, FirstMoment, policy.Optimizer.First);
        Copy(file, SecondMoment, policy.Optimizer.Second);
        policy.StepsTaken = step;
        policy.Margins.Clear();
        if (file.Metadata.GetValueOrDefault(Margins) is { } margins) policy.Margins.AddRange(MarginsOf(path, margins, step));
    }

    private static Dictionary<string, string> MetadataOf(TrainablePolicy policy, string inputs)
    {
        var metadata = new Dictionary<string, string>
        {
            ["format"] = Format,
            ["inputs"] = inputs,
            ["layout"] = Digest(policy.Trained.Layout),
            ["step"] = policy.StepsTaken.ToString(CultureInfo.InvariantCulture),
        };
        // Round-trip digits, so that a threshold after a reload has the bits of one without.
        if (policy.Margins.Count > 0) metadata[Margins] = string.Join(' ', policy.Margins.Select(m => m.ToString("R", CultureInfo.InvariantCulture)));
        return metadata;
    }

    private static double[] MarginsOf(string path, string text, int step)
    {
        var words = text.Split(' ');
        var margins = new double[words.Length];
        for (var i = 0; i < words.Length; i++)
            if (!double.TryParse(words[i], NumberStyles.Float, CultureInfo.InvariantCulture, out margins[i]))
                throw new InvalidDataException($"{path}: the checkpoint's margins hold '{words[i]}'");
        return words.Length == step ? margins : throw new InvalidDataException($"{path}: the checkpoint has {words.Length} margins of {step} steps");
    }

    private static void Copy(SafetensorsFile file, string name, Tensor target)
    {
        using var read = empty(target.shape[0]);
        file.CopyTo(file.Expect(name, target.shape), read);
        target.copy_(read);
    }

    private static void Expect(string path, SafetensorsFile file, string key, string expected)
    {
        var found = file.Metadata.GetValueOrDefault(key, "(none)");
        if (found != expected) throw new InvalidDataException($"{path}: the checkpoint's {key} is {found}, expected {expected}");
    }

    private static string Digest(ParameterLayout layout) =>
        Sha256.Of(string.Join('\n', layout.Parameters.Select(p => $"{p.Name} {p.Offset} {string.Join('x', p.Shape)}")));
}
