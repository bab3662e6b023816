using Xunit;

// Every class here starts whole processes, up to a cluster of them; together they would starve each other's failure detectors.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
