using System.Globalization;
using Sera.Model.Checkpoints;
using Sera.Model.Models;
using static TorchSharp.torch;

namespace Sera.Model.Training;

/// <summary>
/// The state of a training as safetensors: the trained buffer and both moments, flat, the steps taken and a digest of the layout in the
/// metadata. Equal states give equal bytes.
/// </summary>
internal static class TrainingCheckpoint
{
    private const string Format = "sera-checkpoint-1";
    private const string Parameters = "parameters";
    private const string FirstMoment = "first_moment";
    private const string SecondMoment = "second_moment";

    public static void Write(Stream stream, TrainablePolicy policy) => SafetensorsWriter.Write(
        stream,
        [(Parameters, policy.Trained.Flat), (FirstMoment, policy.Optimizer.First), (SecondMoment, policy.Optimizer.Second)],
        new Dictionary<string, string>
        {
            ["format"] = Format,
            ["layout"] = Digest(policy.Trained.Layout),
            ["step"] = policy.StepsTaken.ToString(CultureInfo.InvariantCulture),
        });

    /// <summary>Overwrites the state of a policy of the same layout.</summary>
    /// <exception cref="InvalidDataException">The file is not a checkpoint of this policy after <paramref name="step"/> steps.</exception>
    public static void Restore(string path, TrainablePolicy policy, int step)
    {
        using var file = SafetensorsFile.Open(path);
        Expect(path, file, "format", Format);
        Expect(path, file, "layout", Digest(policy.Trained.Layout));
        Expect(path, file, "step", step.ToString(CultureInfo.InvariantCulture));
        using var noGrad = no_grad();
        Copy(file, Parameters, policy.Trained.Flat);
        Copy(file, FirstMoment, policy.Optimizer.First);
        Copy(file, SecondMoment, policy.Optimizer.Second);
        policy.StepsTaken = step;
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
