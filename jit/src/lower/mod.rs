//! From hot bytecode to typed native code, for the kinds of values that were seen.
//!
//! The code goes through the blocks of the function, and of the units that it puts into itself, in the order of the
//! instructions, and keeps for each register what is known of it ([`state`]). Where two ways meet, less is known; where
//! that happens for a block that was made already, all is made again, until nothing changes. The registers are locals of the
//! native function: for words, for doubles as numbers, and for integers that are computed, which have no tag; their words are
//! made when somebody wants them.
//!
//! What was only seen, not proved, is tested where it is used. A test that fails leaves at an *exit*: there the registers that the
//! interpreter will look at are written into its frame, and it goes on at the same instruction. So an instruction tests before
//! it changes anything.
//!
//! Read in this order: [`state`], [`context`] (units in units), this file (blocks), `value`, `integer` and `double` (words and
//! numbers), `leave` (exits, errors, frames), then the instructions: `arithmetic`, `branch` and `range`, `attribute`, `element`,
//! `make` (new cells), `call`, `direct` (functions of C), `step` (all others).

mod arithmetic;
mod attribute;
mod branch;
mod call;
mod context;
mod direct;
mod double;
mod element;
mod fault;
mod gate;
mod integer;
mod leave;
mod loops;
mod make;
mod names;
mod range;
mod state;
mod step;
mod symbols;
mod unmade;
mod value;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rps_jit_ir::{
    CodeGenerator, Expect, FunctionBuilder, Label, Local, Memory, Module, Order, Report, Signature, Type, Val,
};
use rps_runtime::code::Instruction;
use rps_runtime::code::machine::{Assumption, Entrance, Exit, Layout, Seen, Snapshot, UnitSeen};

use self::context::Contexts;
pub use self::fault::Faults;
use self::leave::{Around, Leaving, SiteKey};
pub use self::names::Names;
use self::state::{Fact, Joined, Number, State};
use self::symbols::Symbols;
use self::unmade::Unmade;

/// How often the code is made anew at most until nothing changes.
const MAX_PASSES: usize = 24;
/// How many instructions a function may have that is compiled.
const MAX_INSTRUCTIONS: usize = 4000;
/// How many registers all frames may have together.
const MAX_REGISTERS: usize = 8000;

/// Native code made of a function.
pub struct Lowered {
    /// The code.
    pub module: Module,
    /// What its functions are called.
    pub names: Names,
    /// The calls, see [`rps_runtime::code::machine::Made::sites`].
    pub sites: Vec<(Vec<(u64, u16)>, bool)>,
    /// The exits.
    pub exits: Vec<Exit>,
    /// What it is made for.
    pub assumptions: Vec<Assumption>,
    /// The addresses of the symbols that are no helpers, by name.
    pub addresses: Vec<(String, u64)>,
}

/// Why no native code is made of a function.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It has too many instructions or registers.
    #[error("the function is too large")]
    TooLarge,
    /// What is known of its registers does not settle.
    #[error("the function's types do not settle")]
    Unsettled,
    /// The code that was made is not sound: a defect of the compiled tier.
    #[error("the native code is not sound: {0}")]
    Unsound(Report),
}

/// Makes native code of a function; with `faults` its guards fail at random.
///
/// # Errors
///
/// [`Refusal`] says why not: the function goes on being interpreted.
pub fn lower(snapshot: &Snapshot, layout: &Layout, faults: Option<&Faults>) -> Result<Lowered, Refusal> {
    let unit = &snapshot.units[0];
    if unit.instructions.len() > MAX_INSTRUCTIONS {
        return Err(Refusal::TooLarge);
    }
    let mut contexts = Contexts::new(snapshot);
    let mut known: HashMap<(usize, usize), State> = HashMap::new();
    let mut unmade = Unmade::default();
    for _ in 0..MAX_PASSES {
        let depth = contexts.depth();
        let mut lowerer = Lowerer::new(snapshot, layout, contexts, known);
        lowerer.faults = faults;
        lowerer.unmade = unmade;
        lowerer.run(depth);
        if lowerer.contexts.registers() > MAX_REGISTERS {
            return Err(Refusal::TooLarge);
        }
        if !lowerer.is_outdated && lowerer.contexts.depth() == depth {
            return lowerer.finish().map_err(Refusal::Unsound);
        }
        (contexts, known, unmade) = (lowerer.contexts, lowerer.known, lowerer.unmade);
        if unmade.begin_again() {
            known.clear();
        }
    }
    Err(Refusal::Unsettled)
}

/// The key of a block: its context and its first instruction.
type Key = (usize, usize);

/// One pass over a function.
struct Lowerer<'s> {
    snapshot: &'s Snapshot,
    layout: &'s Layout,
    faults: Option<&'s Faults>,
    contexts: Contexts<'s>,
    /// What is known at the beginning of blocks.
    known: HashMap<Key, State>,
    /// Whether less is known of a block than when it was made.
    is_outdated: bool,
    generator: CodeGenerator,
    symbols: Symbols,
    f: FunctionBuilder,
    labels: HashMap<Key, Label>,
    done: BTreeSet<Vec<u32>>,
    /// The blocks that are to be made, in the order of their instructions.
    work: BTreeMap<Vec<u32>, Key>,
    words: HashMap<usize, Local>,
    numbers: HashMap<usize, Local>,
    twices: HashMap<usize, Local>,
    /// Where loops over ranges stop to poll, by the register that they begin with.
    stops: HashMap<usize, Local>,
    state: State,
    /// What is not made before somebody else could see it.
    unmade: Unmade,
    context: usize,
    at: usize,
    /// The exits whose code is still to be made.
    leaving: Vec<Leaving>,
    /// The code that exits share.
    around: Vec<Around>,
    sites: Vec<SiteKey>,
    exits: Vec<Exit>,
    assumptions: Vec<Assumption>,
    /// Whether what is made now is the code of exits.
    is_at_exits: bool,
    /// The thread and the end of the frames, as the function was given them.
    thread: Val,
    frames: Val,
    own: Val,
}

/// A read that nobody else's writing changes while the function runs.
const CONSTANT: Memory = Memory { class: 0, order: Order::Constant };
/// Fields of objects and other cells that change.
const FIELDS: Memory = Memory { class: 1, order: Order::Shared };
/// Components of objects.
const COMPONENTS: Memory = Memory { class: 2, order: Order::Shared };
/// Elements of vectors.
const ELEMENTS: Memory = Memory { class: 3, order: Order::Shared };
/// Frames and registers of the interpreter.
const FRAMES: Memory = Memory { class: 4, order: Order::Plain };
/// What never changes once it is there, such as the items of a tuple.
const FIXED: Memory = Memory { class: 5, order: Order::Plain };
/// Words that other threads write to be seen.
const SIGNALS: Memory = Memory { class: 6, order: Order::Volatile };

/// Returns a place in slot arrays: what is stored there is in no other place of any.
fn slot_memory(slot: u8) -> Memory {
    Memory { class: 16 + slot.min(200), order: Order::Shared }
}

impl<'s> Lowerer<'s> {
    fn new(
        snapshot: &'s Snapshot,
        layout: &'s Layout,
        contexts: Contexts<'s>,
        known: HashMap<Key, State>,
    ) -> Lowerer<'s> {
        let mut generator = CodeGenerator::new();
        let symbols = Symbols::new(&mut generator);
        let unit = &snapshot.units[0];
        let names = Names::of(snapshot);
        let (name, parameters) = match snapshot.entrance {
            Entrance::Call => {
                let mut parameters = vec![Type::Ptr, Type::Ptr];
                parameters.resize(usize::from(unit.parameters) + 3, Type::I64);
                (names.entry.as_ref().unwrap_or(&names.enter), parameters)
            }
            Entrance::Loop(_) => (&names.enter, vec![Type::Ptr; 3]),
        };
        let signature = Signature { parameters, result: Some(Type::I64) };
        let f = FunctionBuilder::trusted(name, signature).exported();
        let (thread, frames) = (f.parameter(0), f.parameter(1));
        Lowerer {
            snapshot,
            layout,
            faults: None,
            contexts,
            known,
            is_outdated: false,
            generator,
            symbols,
            f,
            labels: HashMap::new(),
            done: BTreeSet::new(),
            work: BTreeMap::new(),
            words: HashMap::new(),
            numbers: HashMap::new(),
            twices: HashMap::new(),
            stops: HashMap::new(),
            state: State::default(),
            unmade: Unmade::default(),
            context: 0,
            at: 0,
            leaving: Vec::new(),
            around: Vec::new(),
            sites: Vec::new(),
            exits: Vec::new(),
            assumptions: Vec::new(),
            is_at_exits: false,
            thread,
            frames,
            own: thread,
        }
    }

    fn unit(&self) -> &'s UnitSeen {
        self.contexts.unit(self.context)
    }

    /// Returns the number of a register of the context, counted from the outermost unit's.
    fn register(&self, register: u16) -> usize {
        self.contexts.get(self.context).base + usize::from(register)
    }

    /// Makes the whole function; `depth` is how deep units are put into each other.
    fn run(&mut self, depth: usize) {
        let start = match self.snapshot.entrance {
            Entrance::Call => 0,
            Entrance::Loop(at) => usize::from(at),
        };
        (self.context, self.at) = (0, start);
        self.own = self.symbols.cell(&mut self.generator, &mut self.f, self.snapshot.own);
        match self.snapshot.entrance {
            Entrance::Call => {
                let arguments = &self.snapshot.units[0].arguments;
                for number in 0..=usize::from(self.snapshot.units[0].parameters) {
                    let expected = arguments.get(number).copied().unwrap_or_default();
                    let word = self.f.parameter(number + 2);
                    self.set_word(number, word, Fact::expecting(expected));
                }
            }
            Entrance::Loop(_) => {
                let from = self.f.parameter(2);
                for (number, &expected) in self.snapshot.registers.iter().enumerate() {
                    if self.contexts.is_live(0, start, number) {
                        let word = self.f.load(Type::I64, from, 8 * number as i32, FRAMES);
                        self.set_word(number, word, Fact::expecting(expected));
                    }
                }
            }
        }
        self.check_room(depth);
        self.check_valid();
        if self.snapshot.entrance == Entrance::Call {
            self.count();
            // Calls that end in calls have no other place where they could be stopped.
            self.check_quiet();
        }
        self.begin_ranges();
        self.go((0, start));
        while let Some((order, key)) = self.work.pop_first() {
            self.block(order, key);
        }
        self.is_at_exits = true;
        self.make_exits();
    }

    /// Makes a block.
    fn block(&mut self, order: Vec<u32>, key: Key) {
        self.done.insert(order);
        let label = self.label(key);
        self.f.place(label);
        self.state = self.known.get(&key).cloned().unwrap_or_default();
        (self.context, self.at) = key;
        let unit = self.unit();
        loop {
            let instruction = unit.instructions[self.at];
            self.instruction(instruction);
            if self.f.is_ended() {
                return;
            }
            self.at += 1;
            if self.contexts.is_leader(self.context, self.at) {
                self.go((self.context, self.at));
                return;
            }
        }
    }

    fn label(&mut self, key: Key) -> Label {
        match self.labels.get(&key) {
            Some(&label) => label,
            None => {
                let label = self.f.label();
                self.labels.insert(key, label);
                label
            }
        }
    }

    /// Goes on in a block, with the state of now.
    fn go(&mut self, key: Key) {
        let before = self.state.clone();
        self.begin_loop(key);
        let mut state = self.state.clone();
        let live: BTreeSet<usize> = self.contexts.live_registers(key.0, key.1).into_iter().collect();
        state.keep(|register| live.contains(&register));
        let order: Vec<u32> = self.contexts.order(key.0, key.1);
        let is_done = self.done.contains(&order);
        match self.known.get_mut(&key) {
            Some(known) => {
                let mut made = Vec::new();
                self.is_outdated |= match known.join(&state, &mut made) {
                    Joined::Same => false,
                    Joined::Less => is_done,
                    // Whoever came before has left its values where they were expected then.
                    Joined::Elsewhere => true,
                };
                self.is_outdated |= !made.is_empty();
                self.unmade.must_be_made(&made);
            }
            None => {
                self.known.insert(key, state);
            }
        }
        if !is_done {
            self.work.insert(order, key);
        }
        // What the block expects as a word or a number must be one.
        for (number, fact) in self.known[&key].known_registers() {
            let own = self.state.fact(number);
            if fact.has_word && !own.has_word {
                let word = self.word_at(number);
                let local = self.word_local(number);
                self.f.set(local, word);
            }
            match fact.number.filter(|_| own.number != fact.number) {
                Some(Number::Real) => {
                    let real = self.known_number(number);
                    let local = self.number_local(number);
                    self.f.set(local, real);
                }
                Some(Number::Twice) => {
                    let twice = self.known_twice(number);
                    let local = self.twice_local(number);
                    self.f.set(local, twice);
                }
                None => {}
            }
        }
        let label = self.label(key);
        self.f.jump(label);
        // Whoever branched to this knows of nothing that was made on the way.
        self.state = before;
    }

    /// Goes on in a block if a condition holds, and behind this otherwise.
    fn go_if(&mut self, condition: Val, key: Key) {
        let (yes, no) = (self.f.label(), self.f.label());
        self.f.branch(condition, yes, no, Expect::Unknown);
        self.f.place(yes);
        self.go(key);
        self.f.place(no);
    }

    fn instruction(&mut self, instruction: Instruction) {
        use Instruction as I;
        match instruction {
            I::Constant { to, constant } => {
                let constant = self.unit().constants[usize::from(constant)];
                self.set_constant(to, constant.word, constant.kind);
                if let Some(double) = constant.double {
                    let real = self.f.f64(double);
                    let number = self.register(to);
                    let local = self.number_local(number);
                    self.f.set(local, real);
                    self.learn(to, |fact| fact.number = Some(Number::Real));
                }
            }
            I::Small { to, small } => self.set_constant(to, (i64::from(small) << 1 | 1) as u64, Seen::INT),
            I::Move { to, from } => self.copy(to, from),
            I::LoadGlobal { to, site } => self.load_global(to, site),
            I::LoadCaptured { to, captured } => self.load_captured(to, captured),
            I::GetAttribute { to, object, site } => self.get_attribute(to, object, site),
            I::PutAttribute { object, site, value } => self.put_attribute(object, site, value),
            I::GetElement { to, collection, index } => self.get_element(to, collection, index),
            I::PutElement { collection, index, value } => self.put_element(collection, index, value),
            I::Send { count, first, site } => self.send(count, first, site),
            I::Call { count, first, site } => self.call(count, first, site),
            I::SendSuper { count, first, site } => self.send_super(count, first, site),
            I::NewObject { count, first, site } => self.new_object(count, first, site),
            I::MakeVariable { to, from } => self.make_variable(to, from),
            I::LoadVariable { to, variable } => self.load_variable(to, variable),
            I::LoadSession { to, constant } => self.load_session(to, constant),
            I::StoreVariable { variable, from } => self.store_variable(variable, from),
            I::MakeClosure { count, to, constant, first } => self.make_closure(count, to, constant, first),
            I::Add { to, left, right } => self.arithmetic(0, to, left, right),
            I::Subtract { to, left, right } => self.arithmetic(1, to, left, right),
            I::Multiply { to, left, right } => self.arithmetic(2, to, left, right),
            I::Divide { to, left, right } => self.arithmetic(3, to, left, right),
            I::Remainder { to, left, right } => self.arithmetic(4, to, left, right),
            I::Intersect { to, left, right } => self.arithmetic(5, to, left, right),
            I::Unite { to, left, right } => self.arithmetic(6, to, left, right),
            I::AddSmall { to, left, small } => self.add_small(to, left, small),
            I::Negate { to, from } => self.negate(to, from),
            I::Compare { comparison, to, left, right } => self.compare(comparison, to, left, right),
            I::Not { to, from } => self.not(to, from),
            I::Raise { .. } | I::NoMatch { .. } | I::Mismatch { .. } => self.leave_here("raise"),
            I::Return { from } => self.give_back(from),
            I::ReturnHome { .. } => self.step(instruction),
            _ if self.branches(instruction) => {}
            _ => self.step(instruction),
        }
    }

    fn finish(mut self) -> Result<Lowered, Report> {
        let sites = self
            .sites
            .iter()
            .map(|site| {
                let chain = self.contexts.chain(site.context, site.at);
                let frames =
                    chain.iter().map(|&(own, at)| (self.contexts.unit(own).address, at as u16)).collect();
                (frames, site.has_home)
            })
            .collect();
        let names = Names::of(self.snapshot);
        let entry = self.generator.add(self.f);
        if self.snapshot.entrance == Entrance::Call {
            let count = usize::from(self.snapshot.units[0].parameters) + 1;
            let signature = Signature { parameters: vec![Type::Ptr; 3], result: Some(Type::I64) };
            let mut enter = FunctionBuilder::trusted(&names.enter, signature).exported();
            let mut arguments = vec![enter.parameter(0), enter.parameter(1)];
            let registers = enter.parameter(2);
            for number in 0..count {
                arguments.push(enter.load(Type::I64, registers, 8 * number as i32, FRAMES));
            }
            let value = enter.call(&entry, &arguments);
            enter.return_value(value);
            self.generator.add(enter);
        }
        Ok(Lowered {
            module: self.generator.finish()?,
            names,
            sites,
            exits: self.exits,
            assumptions: self.assumptions,
            addresses: self.symbols.addresses(),
        })
    }
}
