//! Damage that nobody thought of: bytes flipped, cut and put in, lines taken out, doubled and exchanged.

use crate::support::{Files, path, records, salvaged, sample, sample_with_previous};

/// Numbers that look random and are the same each time (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

/// Damages one file of the current generation, and says how.
fn damage(numbers: &mut Numbers, files: &mut Files) -> String {
    let names: Vec<_> = files.keys().filter(|name| name.starts_with(path(""))).cloned().collect();
    let name = &names[numbers.below(names.len())];
    let content = files.get_mut(name).expect("it is there");
    let at = numbers.below(content.len());
    let len = 1 + numbers.below(60);
    let end = (at + len).min(content.len());
    let lines = |content: &[u8]| -> Vec<Vec<u8>> {
        content.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    };
    let mut of_lines = lines(content);
    let (one, other) = (numbers.below(of_lines.len()), numbers.below(of_lines.len()));
    let what = match numbers.below(9) {
        0 => {
            content[at] ^= 1 << numbers.below(8);
            "a bit"
        }
        1 => {
            content[at] = numbers.next() as u8;
            "a byte"
        }
        2 => {
            content.drain(at..end);
            "bytes taken out"
        }
        3 => {
            let more: Vec<u8> = (0..len).map(|_| numbers.next() as u8).collect();
            content.splice(at..at, more);
            "bytes put in"
        }
        4 => {
            content.truncate(at);
            "cut"
        }
        5 => {
            content[at..end].fill(0);
            "zeros"
        }
        6 => {
            of_lines.swap(one, other);
            *content = of_lines.concat();
            "lines exchanged"
        }
        7 => {
            of_lines.remove(one);
            *content = of_lines.concat();
            "a line taken out"
        }
        _ => {
            let line = of_lines[one].clone();
            of_lines.insert(other, line);
            *content = of_lines.concat();
            "a line doubled"
        }
    };
    format!("{what} at {at} (lines {one}, {other}) of {}", name.display())
}

/// Three hundred stores, each damaged in one to four places.
#[test]
fn random_damage_is_salvaged_rps_47() {
    let all = [sample().files(), sample_with_previous().files()];
    let mut failed = Vec::new();
    for seed in 0..300 {
        let mut numbers = Numbers(seed);
        let before = &all[numbers.below(2)];
        let mut damaged = before.clone();
        let mut name = format!("seed {seed}");
        for _ in 0..=numbers.below(4) {
            name = format!("{name}, {}", damage(&mut numbers, &mut damaged));
        }
        let sound = records(before);
        let done = std::panic::catch_unwind(|| drop(salvaged(&name, &damaged, &sound)));
        failed.extend(done.is_err().then_some(seed));
    }
    assert_eq!(failed, Vec::<u64>::new());
}
