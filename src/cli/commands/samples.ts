import { describeBytes, plainEnglish } from '../../core/messages.ts';
import type { Sample } from '../../core/samples.ts';
import { defineCommand } from '../command.ts';
import { table } from '../table.ts';

export const samples = defineCommand({
  name: 'samples',
  summary: 'print what a run has used of processor, memory and processes over time',
  usage: 'RUN',
  operands: { minimum: 1, maximum: 1, candidates: ['runs'] },
  options: {},
  notes: ['Kept finely for an hour, by the minute for a day, and by 15 minutes for a week.'],
  async execute({ operands: [runId = ''], output, open }) {
    const found = await (await open()).samples(runId);
    const head = ['TIME', 'CPU', 'MEMORY', 'PROCESSES', 'OUTPUT'].map((word) => output.paint('dim', word));
    await output.print(
      { run_id: runId, samples: found.map(documentOf) },
      found.length === 0 ? 'No samples.' : table([head, ...found.map(rowOf)], output.columns),
    );
    return 0;
  },
});

function documentOf(sample: Sample): object {
  return {
    at: new Date(sample.at).toISOString(),
    cpu_percent: Number(sample.cpuPercent.toFixed(2)),
    memory_bytes: sample.memoryBytes,
    processes: sample.processes,
    output_bytes: sample.outputBytes,
  };
}

function rowOf(sample: Sample): string[] {
  return [
    new Date(sample.at).toISOString(),
    `${sample.cpuPercent.toFixed(1)} %`,
    describeBytes(sample.memoryBytes, plainEnglish),
    String(sample.processes),
    describeBytes(sample.outputBytes, plainEnglish),
  ];
}
