using System.Globalization;

namespace Sera.Host.Progress;

/// <summary>
/// What a run is doing, from its updates: the phases at work in a round, how far each is, tokens a second and the time left. Times come in as
/// arguments, so the same updates give the same text.
/// </summary>
internal sealed class RunProgress
{
    private readonly List<Phase> _phases = [];

    /// <summary>Phases in the order they began; rounds overlap, since a round's policy is measured while the next one begins.</summary>
    public IReadOnlyList<Phase> Phases => _phases;

    /// <param name="Done">Units done (prompts, pairs, steps).</param>
    /// <param name="Tokens">Tokens processed; 0 where nothing is counted.</param>
    /// <param name="Began">When its first update came.</param>
    /// <param name="At">When its last update came.</param>
    /// <param name="DoneBefore">Units that were done already when it was first seen, as after a resume; no rate is counted from them.</param>
    /// <param name="TokensBefore">Tokens of the same.</param>
    internal sealed record Phase(int Round, string Kind, long Done, long Total, long Tokens, TimeSpan Began, TimeSpan At, long DoneBefore, long TokensBefore)
    {
        public bool Finished => Done >= Total && Total > 0;

        /// <summary>null before anything was seen to happen.</summary>
        public double? TokensPerSecond => Tokens > TokensBefore && At > Began ? (Tokens - TokensBefore) / (At - Began).TotalSeconds : null;

        public TimeSpan? Left => Done > DoneBefore && At > Began && !Finished
            ? (At - Began) * ((double)(Total - Done) / (Done - DoneBefore))
            : null;
    }

    /// <summary>Takes an update in; when a round begins, what is finished of earlier ones is forgotten.</summary>
    public void Add(int round, string kind, long done, long total, long tokens, TimeSpan at)
    {
        var index = _phases.FindIndex(phase => phase.Round == round && phase.Kind == kind);
        if (index >= 0)
        {
            _phases[index] = _phases[index] with { Done = done, Total = total, Tokens = tokens, At = at };
            return;
        }
        _phases.RemoveAll(phase => phase.Round < round && phase.Finished);
        _phases.Add(new Phase(round, kind, done, total, tokens, at, at, done, tokens));
    }

    /// <summary>A phase whose result is recorded is done, whether or not its last update was heard.</summary>
    public void Finish(int round, string kind, TimeSpan at)
    {
        var index = _phases.FindIndex(phase => phase.Round == round && phase.Kind == kind);
        if (index >= 0) _phases[index] = _phases[index] with { Done = _phases[index].Total, At = at };
    }

    /// <summary>One phase in words: generate 12/64, 1,234 tokens/s, 0:42 left.</summary>
    public static string Describe(Phase phase)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{phase.Kind} {phase.Done}/{phase.Total}");
        if (phase.TokensPerSecond is { } rate) text += string.Create(CultureInfo.InvariantCulture, $", {rate:#,0} tokens/s");
        if (phase.Left is { } left) text += $", {Short(left)} left";
        return text;
    }

    /// <summary>0:42, 12:05, 1:02:03.</summary>
    public static string Short(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}")
        : string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}:{time.Seconds:00}");
}
