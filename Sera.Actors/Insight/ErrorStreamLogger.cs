using Akka.Actor;
using Akka.Event;

namespace Sera.Actors.Insight;

/// <summary>Warnings and errors of the actors as lines on standard error; standard output belongs to the verb.</summary>
public sealed class ErrorStreamLogger : ReceiveActor
{
    public ErrorStreamLogger()
    {
        Receive<InitializeLogger>(_ => Sender.Tell(new LoggerInitialized()));
        Receive<LogEvent>(e => Console.Error.WriteLine(
            $"{e.LogLevel().ToString().Replace("Level", "", StringComparison.Ordinal).ToLowerInvariant()}: {e.Message}{(e.Cause is null ? "" : $" ({e.Cause.Message})")}"));
    }
}
