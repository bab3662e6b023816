namespace Sera.Cluster.Tests.Faults;

/// <summary>What is done to a process.</summary>
internal enum FaultKind
{
    /// <summary>kill -9; its supervisor starts it again.</summary>
    Kill,

    /// <summary>SIGSTOP, and SIGCONT after the fault's length: a machine that hangs and comes back believing nothing happened.</summary>
    Stop,

    /// <summary>Asked to end (SIGTERM), kept away for the fault's length, started again: an upgrade.</summary>
    Restart,

    /// <summary>Asked to end (SIGTERM); its supervisor starts it again at once.</summary>
    Terminate,
}
