using System.Text;

namespace Sera.Host.Runs;

/// <summary>While it lives, what the actors and libraries print goes to the run's log file, each line with its time.</summary>
internal sealed class RunLog : TextWriter
{
    private readonly TextWriter _error = Console.Error;
    private readonly TextWriter _out = Console.Out;
    private readonly StreamWriter _file;

    public RunLog(string path)
    {
        _file = new StreamWriter(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        Console.SetError(this);
        Console.SetOut(this);
    }

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value)
    {
        lock (_file) _file.Write(value);
    }

    public override void WriteLine(string? value)
    {
        lock (_file) _file.WriteLine($"{DateTimeOffset.UtcNow:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {value}");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Console.SetError(_error);
            Console.SetOut(_out);
            lock (_file) _file.Dispose();
        }
        base.Dispose(disposing);
    }
}
