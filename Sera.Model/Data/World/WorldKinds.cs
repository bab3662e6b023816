using Sera.Model.Data.World.Kinds;

namespace Sera.Model.Data.World;

/// <summary>The kinds of instructions of the sample world; a new one needs its class and its line here.</summary>
internal static class WorldKinds
{
    public static IReadOnlyList<IWorldKind> All { get; } =
    [
        new Listing(),
        new Sorting(),
        new Counting(),
        new Copying(),
        new Facts(),
        new Arithmetic(),
    ];
}
