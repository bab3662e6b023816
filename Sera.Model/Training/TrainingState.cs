using Sera.Model.Checkpoints;
using Sera.Model.Data;

namespace Sera.Model.Training;

/// <summary>The one file that a training outside of a run goes on from, replaced atomically, beside the file it ends in.</summary>
internal sealed class TrainingState
{
    private readonly string _path;
    private readonly string _inputs;

    /// <param name="folder">Created when missing.</param>
    /// <param name="name">Of the state's file.</param>
    /// <param name="trained">Name of the file that the training ends in.</param>
    /// <param name="inputs">Digest of all that decides the result.</param>
    public TrainingState(string folder, string name, string trained, string inputs)
    {
        (_path, TrainedFile, _inputs) = (Path.Combine(folder, name), Path.Combine(folder, trained), inputs);
        Directory.CreateDirectory(folder);
        // What a kill in the middle of a write left behind.
        foreach (var torn in Directory.EnumerateFiles(folder, $".{name}.*").Concat(Directory.EnumerateFiles(folder, $".{trained}.*"))) File.Delete(torn);
    }

    /// <summary>Full path.</summary>
    public string TrainedFile { get; }

    /// <summary>Goes on from the file where there is one and that is asked for; otherwise it is deleted.</summary>
    /// <exception cref="InputException">It belongs to another training.</exception>
    public void Begin(TrainablePolicy policy, bool resume)
    {
        if (!resume) File.Delete(_path);
        else if (File.Exists(_path)) Restore(policy);
    }

    public void Write(TrainablePolicy policy) => DurableFile.Write(_path, stream => TrainingCheckpoint.Write(stream, policy, _inputs));

    private void Restore(TrainablePolicy policy)
    {
        try
        {
            TrainingCheckpoint.Restore(_path, policy, _inputs);
        }
        catch (InvalidDataException)
        {
            throw new InputException(
                _path, "the state of a training with another start, other examples or other options", "the state of this one",
                "use the same inputs, or start anew without resuming");
        }
    }
}
