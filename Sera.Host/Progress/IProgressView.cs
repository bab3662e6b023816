namespace Sera.Host.Progress;

/// <summary>Shows a run at work. Not for several threads.</summary>
internal interface IProgressView
{
    /// <summary>Something was decided; a line that stays.</summary>
    void Note(string line);

    /// <summary>The phases as they are now.</summary>
    void Show(RunProgress progress, int rounds);
}
