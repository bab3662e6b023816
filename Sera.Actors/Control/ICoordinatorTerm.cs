namespace Sera.Actors.Control;

/// <summary>
/// The right to coordinate the runs of one journal, kept in the journal's own database: whatever a cluster believes of itself, two coordinators
/// never hold it at once. Calls may fail while the database is away.
/// </summary>
public interface ICoordinatorTerm
{
    /// <returns>The new term, higher than any before; null while another holder keeps renewing its own.</returns>
    Task<long?> TryTakeAsync(string holder);

    /// <returns>Whether the term is still ours.</returns>
    Task<bool> RenewAsync(long term);

    /// <summary>Lets the next holder begin at once.</summary>
    Task ReleaseAsync(long term);
}
