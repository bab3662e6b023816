using TorchSharp;
using Xunit;

namespace Sera.Model.Tests;

public class HelloTests
{
    [Fact]
    public void Torch_loads() => Assert.Equal(3f, torch.ones(3).sum().item<float>());
}
