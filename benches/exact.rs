//! Exact time: states a second beside the ticks of the same scope, and policies with lifetimes as people have them. Bytes a state are
//! printed once each.

use std::hint::black_box;
use std::time::Duration;

use authloom::explore::exact::{self, Bounds, Found};
use authloom::explore::{self, Limits, questions};
use authloom_benches::real_policies;
use authloom_model::{Policy, Scope, Spec};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

fn found(spec: &Spec) -> Found {
    exact::explore(spec, spec, &questions(), Limits::default(), Bounds::default(), &mut |_| {})
}

fn beside_ticks(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("exact");
    group.sample_size(10);
    for (name, scope) in [("theft", Scope::THEFT), ("small", Scope::SMALL), ("default", Scope::DEFAULT)] {
        let exact = Spec::exact(Policy::recommended(), scope).expect("the recommended policy can be counted");
        let ticks = Spec::in_ticks(Policy::recommended(), scope).expect("the recommended policy has few ticks");
        group.throughput(Throughput::Elements(found(&exact).states));
        group.bench_function(BenchmarkId::new("zones", name), |bencher| {
            bencher.iter(|| black_box(found(&exact).states))
        });
        group.bench_function(BenchmarkId::new("ticks", name), |bencher| {
            bencher.iter(|| black_box(explore::explore(&ticks, &questions(), Limits::default(), &mut |_| {})));
        });
    }
    group.finish();
}

#[expect(clippy::print_stdout, reason = "memory is no time: criterion has no place for it")]
fn real_lifetimes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("real lifetimes");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    for policy in real_policies() {
        let name = policy.name.clone();
        let spec = Spec::exact(policy, Scope::DEFAULT).expect("its durations can be counted");
        let Found { states, zone_bytes, explored, .. } = found(&spec);
        println!("{name}: {} worlds, {states} states, {} bytes of zone a state", explored.worlds, zone_bytes / states);
        group.throughput(Throughput::Elements(states));
        group.bench_function(BenchmarkId::new("default", name), |bencher| {
            bencher.iter(|| black_box(found(&spec).states))
        });
    }
    group.finish();
}

criterion_group!(benches, beside_ticks, real_lifetimes);
criterion_main!(benches);
