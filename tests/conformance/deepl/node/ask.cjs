// Runs every call of deepl-node that is supported against the server that argv names, and prints what came back as JSON:
// name -> result, or {error: class, message}. argv: server URL, key, key over its quota, key without the scope.
'use strict';
const fs = require('fs');
const deepl = require('deepl-node');

const [serverUrl, key, spentKey, monitorKey] = process.argv.slice(2);
const connect = (authKey) => new deepl.DeepLClient(authKey, { serverUrl, maxRetries: 1 });
const client = connect(key);
const answers = {};

async function ask(name, call) {
  try {
    answers[name] = (await call()) ?? null;
  } catch (error) {
    answers[name] = { error: error.constructor.name, message: error.message };
  }
  return answers[name];
}

async function texts() {
  const hello = 'The house is red.';
  await ask('one text', () => client.translateText(hello, null, 'pt-BR'));
  await ask('texts', () => client.translateText([hello, 'A & B + 50 % = olá?'], 'en', 'PT-PT'));
  await ask('model type', () => client.translateText(hello, 'en', 'pt-BR', { modelType: 'quality_optimized' }));
  await ask('hints', () =>
    client.translateText(hello, 'en', 'pt-BR', {
      splitSentences: 'on',
      preserveFormatting: true,
      formality: 'prefer_less',
      context: 'A letter.',
      tagHandlingVersion: 'v2',
      extraRequestParameters: { never_heard_of: '1' },
    }));
  await ask('xml', () =>
    client.translateText(`<doc><par>${hello}</par><code>${hello}</code><i>${hello}</i></doc>`, 'en', 'pt-BR', {
      tagHandling: 'xml',
      outlineDetection: false,
      splittingTags: ['par', 'code'],
      nonSplittingTags: ['b', 'u'],
      ignoreTags: ['code', 'i'],
    }));
  await ask('formality', () => client.translateText(hello, 'en', 'pt-BR', { formality: 'more' }));
  await ask('instructions', () => client.translateText(hello, 'en', 'pt-BR', { customInstructions: ['Rhyme.'] }));
  await ask('unknown target', () => client.translateText(hello, 'en', 'de'));
}

async function account() {
  await ask('source languages', () => client.getSourceLanguages());
  await ask('target languages', () => client.getTargetLanguages());
  await ask('glossary pairs', () => client.getGlossaryLanguagePairs());
  await ask('usage', () => client.getUsage());
  await ask('wrong key', () => connect('wrong').getUsage());
  await ask('no scope', () => connect(monitorKey).getUsage());
  await ask('over quota', () => connect(spentKey).translateText('x'.repeat(1000), 'en', 'pt-BR'));
  await ask('rephrase', () => client.rephraseText('x'));
  await ask('style rules', () => client.getAllStyleRules());
}

async function glossaries() {
  const entries = new deepl.GlossaryEntries({ entries: { house: 'moradia', garden: 'horta' } });
  const made = await ask('create', () => client.createGlossary('Houses', 'en', 'pt-BR', entries));
  await ask('create from csv', () => client.createGlossaryWithCsv('Csv', 'en', 'pt', Buffer.from('house,moradia\n')));
  await ask('get', () => client.getGlossary(made.glossaryId));
  await ask('list', () => client.listGlossaries());
  await ask('entries', async () => (await client.getGlossaryEntries(made)).entries());
  await ask('use', () => client.translateText('The house', 'en', 'pt-BR', { glossary: made }));
  const both = [made, answers['create from csv']];
  await ask('use both', () => client.translateText('The house', 'en', 'pt-BR', { glossaryIds: both }));
  for (const one of both) await ask('delete', () => client.deleteGlossary(one));
  await ask('gone', () => client.getGlossary(made.glossaryId));
}

async function multilingual() {
  const terms = (target, entries) => ({
    sourceLangCode: 'en',
    targetLangCode: target,
    entries: new deepl.GlossaryEntries({ entries }),
  });
  const first = [terms('pt', { house: 'moradia' }), terms('de', { house: 'Haus' })];
  const made = await ask('v3 create', () => client.createMultilingualGlossary('Houses', first));
  await ask('v3 get', () => client.getMultilingualGlossary(made.glossaryId));
  await ask('v3 list', () => client.listMultilingualGlossaries());
  await ask('v3 rename', () => client.updateMultilingualGlossaryName(made, 'Homes'));
  await ask('v3 add', () => client.updateMultilingualGlossaryDictionary(made, terms('pt', { door: 'porta' })));
  await ask('v3 add csv', () => client.updateMultilingualGlossaryDictionaryWithCsv(made, 'en', 'pt', 'roof,teto'));
  const entries = () => client.getMultilingualGlossaryDictionaryEntries(made, 'en', 'pt');
  await ask('v3 entries', async () => (await entries()).entries.entries());
  await ask('v3 replace', () => client.replaceMultilingualGlossaryDictionary(made, terms('de', { a: 'b', c: 'd' })));
  await ask('v3 replace csv', () => client.replaceMultilingualGlossaryDictionaryWithCsv(made, 'en', 'de', 'a,b'));
  await ask('v3 delete dictionary', () => client.deleteMultilingualGlossaryDictionary(made, 'en', 'de'));
  const csv = await ask('v3 create csv', () => client.createMultilingualGlossaryWithCsv('Csv', 'en', 'pt', 'a,b'));
  await ask('v3 delete', () => client.deleteMultilingualGlossary(made));
  await ask('v3 gone', () => client.getMultilingualGlossary(made.glossaryId));
  await client.deleteMultilingualGlossary(csv);
}

async function documents() {
  const text = Buffer.from('The house is red.\n');
  const upload = (options) => client.uploadDocument(text, 'en', 'pt-BR', { filename: 'a.txt', ...options });
  const handle = await ask('upload', () => upload({}));
  await ask('wait', async () => (await client.isDocumentTranslationComplete(handle)).status);
  await ask('download', async () => {
    await client.downloadDocument(handle, 'a.pt.txt');
    return fs.readFileSync('a.pt.txt', 'utf8');
  });
  await ask('wrong document key', () => client.getDocumentStatus({ ...handle, documentKey: 'x' }));
  await ask('unsupported document', () => upload({ filename: 'a.pdf' }));
  await ask('formal document', () => upload({ formality: 'more' }));
}

(async () => {
  await texts();
  await account();
  await glossaries();
  await multilingual();
  await documents();
  process.stdout.write(JSON.stringify(answers));
})();
