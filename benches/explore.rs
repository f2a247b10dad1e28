//! Worlds a second: our explorer, checking only and keeping the graph, and stateright on the same specification in the same run.

use std::hint::black_box;
use std::num::NonZeroUsize;

use authloom::explore::{self, Limits, questions};
use authloom_benches::{SCOPES, spec};
use authloom_model::checker;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn explore(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("explore");
    group.sample_size(10);
    for (name, scope) in SCOPES {
        let spec = spec(scope);
        let worlds = explore::check(&spec, &questions(), Limits::default(), &mut |_| {}).worlds;
        group.throughput(Throughput::Elements(worlds));
        group.bench_function(BenchmarkId::new("check", name), |bencher| {
            bencher.iter(|| black_box(explore::check(&spec, &questions(), Limits::default(), &mut |_| {})));
        });
        group.bench_function(BenchmarkId::new("keep the graph", name), |bencher| {
            bencher.iter(|| black_box(explore::explore(&spec, &questions(), Limits::default(), &mut |_| {})));
        });
        group.bench_function(BenchmarkId::new("stateright", name), |bencher| {
            bencher.iter(|| black_box(checker::count(&spec, NonZeroUsize::MIN)));
        });
    }
    group.finish();
}

criterion_group!(benches, explore);
criterion_main!(benches);
