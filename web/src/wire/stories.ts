// The bank of the candidate's own stories, as the API has it.

export interface Tag {
  principle: string;
  choice?: string;
}

export interface Cue {
  part?: string;
  text: string;
}

export interface Start {
  format: string;
  mode?: string;
  principle?: string;
  story?: string;
}

export interface From {
  session: string;
  block: number;
}

export interface NewStory {
  title: string;
  worth: string;
  principles: Tag[];
  cues: Cue[];
  from?: From;
}

export interface Depth {
  turn: number;
  strand: string;
  new_words: number;
  new_figures: number;
  we: number;
  does_not_know: boolean;
  too_long: boolean;
  dry: boolean;
}

export interface Telling {
  session: string;
  block: number;
  format: string;
  mode: string;
  at: string;
  by: string;
  words: number;
  spoken_minutes: number;
  figures: number;
  missing?: string[];
  followups: number;
  cues_left_out?: number[];
  repeats_last_telling?: number;
  recital?: string;
  scores?: { unprompted: number | null; after_probes: number | null; dimensions?: Record<string, number>; gate?: string };
  depth?: Depth[];
}

export interface Figure {
  what: string;
  disagree: boolean;
  said: { session?: string; turn?: number; cue?: number; at?: string; value: string; quote: string }[];
}

export interface Story extends NewStory {
  id: string;
  readings: Telling[];
  numbers: Figure[];
  warnings: string[];
  drill?: Start;
  dive?: Start;
}

export interface Unmatched {
  session: string;
  block: number;
  at: string;
  opening: string;
}

export interface MiningPrompt {
  id: string;
  text: string;
  families?: string[];
}

export interface Bank {
  stories?: Story[];
  unmatched?: Unmatched[];
  notes?: string[];
  prompts?: MiningPrompt[];
}

export interface Matrix {
  rows?: { principle: string; name: string; first?: string; second?: string; cells: { story: string; choice?: string; told: number }[]; hole?: string; say?: string; prompts?: string[] }[];
  stories?: { story: string; title: string; told: number; overused?: string }[];
  holes?: number;
}

export interface Imported {
  added: number;
  changed: number;
  same: number;
  message: string;
}
