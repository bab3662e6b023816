namespace Sera.Host.Progress;

/// <summary>The notes alone, a line each: for one of many runs.</summary>
internal sealed class NotesProgressView(TextWriter output) : IProgressView
{
    public void Note(string line) => output.WriteLine(line);

    public void Show(RunProgress progress, int rounds)
    {
    }
}
