//! Functions as the compiled tier makes them of hot code: words are read, tested for being integers, added with a check and
//! written; tests that fail go to exits, where everything is written down and something outside is called; and at every turn
//! of the loop around it the code looks whether somebody wants something.

use rps_jit_ir::{
    CodeGenerator, Conversion, Expect, FunctionBuilder, Memory, Module, Order, Signature, Symbol, Type,
};

/// The name of the function.
pub(super) const NAME: &str = "run";

/// How many words it works on: so many that each is read once.
const WORDS: usize = 512;
/// Each so-manieth is written.
const WRITTEN: usize = 8;
/// How many steps have an exit in common.
const STEPS_OF_AN_EXIT: usize = 3;

/// Returns a module of one function that does so many steps at each turn of its loop. Modules of different numbers differ in
/// their code.
pub(super) fn module(steps: usize, number: i64) -> Module {
    let mut generator = CodeGenerator::new();
    let outside = Signature::new(&[Type::Ptr, Type::I64], Some(Type::I64));
    let leave = generator.symbol(Symbol::function("leave", outside.clone()).cold());
    let poll = generator.symbol(Symbol::function("poll", outside).cold());
    let signature = Signature::new(&[Type::Ptr, Type::I64], Some(Type::I64));
    let mut f = FunctionBuilder::trusted(NAME, signature).exported();
    let (words, turns) = (f.parameter(0), f.parameter(1));
    let shared = Memory { class: 1, order: Order::Shared };
    let (one, none) = (f.i64(1), f.i64(number));
    let (turn, sum) = (f.variable(one), f.variable(none));
    let (inside, next, wanted, end) = (f.label(), f.label(), f.label(), f.label());
    let head = f.label_here();
    let at = f.get(turn);
    let is_inside = f.compare(rps_jit_ir::Comparison::LessEqual, at, turns);
    f.branch(is_inside, inside, end, Expect::Yes);
    f.place(inside);
    let mut exits = Vec::new();
    for step in 0..steps {
        if step % STEPS_OF_AN_EXIT == 0 {
            exits.push(f.label());
        }
        let exit = exits[step / STEPS_OF_AN_EXIT];
        let offset = 8 * (step % WORDS) as i32;
        let word = f.load(Type::I64, words, offset, shared);
        let tag = f.and(word, one);
        let is_integer = f.equal(tag, one);
        f.guard(is_integer, exit);
        let before = f.get(sum);
        let (after, overflows) = f.checked_add(before, word);
        f.leave_if(overflows, exit);
        f.set(sum, after);
        if step % WRITTEN == 0 {
            let tagged = f.or(after, one);
            f.store(words, offset, tagged, shared);
        }
    }
    let following = f.add(at, one);
    f.set(turn, following);
    let signal = f.load(Type::I64, words, 8 * WORDS as i32, Memory { class: 2, order: Order::Volatile });
    let quiet = f.i64(0);
    let is_quiet = f.equal(signal, quiet);
    f.branch(is_quiet, next, wanted, Expect::Yes);
    f.place(wanted);
    f.call(&poll, &[words, one]);
    f.jump(next);
    f.place(next);
    f.jump(head);
    f.place(end);
    let result = f.get(sum);
    f.return_value(result);
    for (number, exit) in exits.into_iter().enumerate() {
        f.place(exit);
        let (sum, at) = (f.get(sum), f.get(turn));
        f.store(words, 8 * WORDS as i32 + 8, sum, shared);
        f.store(words, 8 * WORDS as i32 + 16, at, shared);
        let address = f.convert(Conversion::Bits, words, Type::I64);
        f.store(words, 8 * WORDS as i32 + 24, address, shared);
        let number = f.i64(number as i64);
        let result = f.call(&leave, &[words, number]);
        f.return_value(result);
    }
    generator.add(f);
    generator.finish().unwrap_or_else(|report| panic!("the module is sound: {report}"))
}

/// Returns how many instructions a module has.
pub(super) fn instructions(module: &Module) -> usize {
    let blocks = module.functions.iter().flat_map(|function| &function.blocks);
    blocks.map(|block| block.instructions.len()).sum()
}

/// Returns what the modules refer to.
pub(super) fn symbols() -> [(&'static str, usize); 2] {
    extern "C" fn nothing(_words: *mut i64, number: i64) -> i64 {
        -number - 1
    }
    let address = nothing as *const () as usize;
    [("leave", address), ("poll", address)]
}

/// Calls the function of a module, for one turn over ones.
pub(super) fn call(address: usize) -> i64 {
    let mut words = [1i64; WORDS + 4];
    words[WORDS] = 0;
    // SAFETY: the address is one of a function that `module` has made, of this signature; it reads and writes these words.
    let run: extern "C" fn(*mut i64, i64) -> i64 = unsafe { std::mem::transmute(address) };
    run(words.as_mut_ptr(), 1)
}
