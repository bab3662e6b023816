using Sera.Actors.Runs;
using Xunit;

namespace Sera.Actors.Tests;

public sealed class WholeRunTests
{
    [Fact]
    public async Task A_run_of_three_rounds_goes_from_the_inputs_to_an_aligned_policy()
    {
        using var small = new SmallRun();
        var state = await small.RunAsync();
        Assert.Null(state.Failure);
        Assert.Equal(RunStatus.Completed, state.Status);
        Assert.Equal(4, state.Rounds.Length);
        Assert.All(state.Rounds, r => Assert.True(r.Completed));
        Assert.NotNull(state.FinalPolicy);
    }
}
