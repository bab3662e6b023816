using Sera.Model.Data;

namespace Sera.Model.Checkpoints;

/// <summary>Weights in formats that are not read: PyTorch's pickles, which are programs that run as they are opened, and those of other frameworks.</summary>
internal static class Pickles
{
    private static readonly string[] Patterns = ["pytorch_model*.bin", "*.pth", "*.pt", "*.ckpt", "consolidated*.bin"];
    private static readonly string[] Beside = ["optimizer", "scheduler", "scaler", "rng_state", "training_args"];
    private static readonly (string Pattern, string What)[] Others = [("*.gguf", "GGUF"), ("tf_model.h5", "TensorFlow"), ("flax_model.msgpack", "Flax"), ("*.onnx", "ONNX")];

    /// <summary>Why a folder without safetensors cannot be read; null where it has no weights that are known.</summary>
    public static InputException? Refusal(string folder)
    {
        if (First(Patterns) is { } pickle) return Refuse(pickle, WeightFiles.SingleFile);
        foreach (var (pattern, what) in Others)
        {
            if (First([pattern]) is { } file)
                return new InputException(file, $"weights of {what}", "weights in safetensors form", "fetch the policy's safetensors files, or save it anew by transformers' save_pretrained");
        }
        return null;

        // What a trainer left beside the weights is none of them.
        string? First(string[] patterns) => patterns
            .Select(pattern => Directory.EnumerateFiles(folder, pattern).Where(file => !Beside.Any(Path.GetFileName(file).StartsWith)).Order(StringComparer.Ordinal).FirstOrDefault())
            .FirstOrDefault(file => file is not null);
    }

    /// <param name="path">Of the pickle.</param>
    /// <param name="instead">Name of the file that is wanted in its place.</param>
    public static InputException Refuse(string path, string instead)
    {
        var name = Path.GetFileName(path);
        var files = name.StartsWith("pytorch_model-", StringComparison.Ordinal) ? "pytorch_model-*.bin" : name;
        var convert = "import glob, torch, safetensors.torch as s; "
            + $"s.save_file({{k: v.clone().contiguous() for f in sorted(glob.glob('{files}')) for k, v in torch.load(f, weights_only=True).items()}}, '{instead}', {{'format': 'pt'}})";
        return new InputException(path, "a PyTorch pickle, which is a program that runs when it is opened", instead, $"convert it in its folder: python3 -c \"{convert}\"");
    }
}
