using Akka.Configuration;

namespace Sera.Actors.Control;

/// <summary>The keys of sera.control in node.conf.</summary>
/// <param name="Retry">First pause before a run whose journal failed is begun again; doubles up to <paramref name="RetryLimit"/>. Zero = never, as embedded.</param>
/// <param name="Renew">How often a coordinator renews its term.</param>
/// <param name="TermPatience">How long a new coordinator waits for a term that another one keeps renewing, before its node ends.</param>
/// <param name="Orphan">How long a node goes on without any control node in reach.</param>
public sealed record ControlSettings(TimeSpan Retry, TimeSpan RetryLimit, TimeSpan Renew, TimeSpan TermPatience, TimeSpan Orphan)
{
    public static ControlSettings From(Config config)
    {
        var control = config.GetConfig("sera.control");
        return new ControlSettings(
            control.GetTimeSpan("retry"), control.GetTimeSpan("retry-limit"), control.GetTimeSpan("renew"), control.GetTimeSpan("term-patience"),
            control.GetTimeSpan("orphan"));
    }
}
