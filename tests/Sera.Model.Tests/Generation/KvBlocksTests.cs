using Sera.Model.Generation.Cpu;
using Sera.Model.Tests.Models;
using Xunit;

namespace Sera.Model.Tests.Generation;

public sealed class KvBlocksTests
{
    [Fact]
    public void Samples_share_the_whole_blocks_of_their_prompt_and_give_everything_back()
    {
        using var policy = new GoldenPolicy("grouped");
        using var blocks = new KvBlocks(policy.Model.Config, 4);
        var prompt = new KvSequence(blocks);
        prompt.Grow(37); // two whole blocks and five positions
        Assert.Equal(3, blocks.Taken);
        KvSequence[] all = [prompt, prompt.Branch(), prompt.Branch()];
        Assert.Equal(5, blocks.Taken); // a third block of its own for each
        foreach (var sequence in all)
        {
            Assert.Same(prompt.Blocks[1], sequence.Blocks[1]);
            sequence.Grow(11); // to the end of the third
        }
        Assert.Equal(5, blocks.Taken);
        all[1].Grow(1);
        Assert.Equal(6, blocks.Taken);
        Assert.Equal(49, all[1].Length);

        all[0].Release();
        Assert.Equal(1, blocks.Free); // the others still need what they share
        all[1].Release();
        Assert.Equal(3, blocks.Free);
        all[2].Release();
        Assert.Equal(6, blocks.Free);
        new KvSequence(blocks).Grow(16 * 6);
        Assert.Equal(6, blocks.Taken); // taken from those given back
    }

    [Fact]
    public unsafe void A_branch_has_the_same_beginning_and_writes_into_its_own()
    {
        using var policy = new GoldenPolicy("grouped");
        using var blocks = new KvBlocks(policy.Model.Config, 4);
        var prompt = new KvSequence(blocks);
        prompt.Grow(20);
        for (var i = 0; i < blocks.BlockBytes; i++) prompt.Blocks[1].Data[i] = (byte)(i * 7);
        var branch = prompt.Branch();
        Assert.NotSame(prompt.Blocks[1], branch.Blocks[1]);
        for (var i = 0; i < blocks.BlockBytes; i++) Assert.Equal((byte)(i * 7), branch.Blocks[1].Data[i]);
    }
}
