// Reads `{requests: […]}` from stdin, each an IAM request with the policies that decide on it;
// writes one verdict a request: Allowed, ExplicitlyDenied, ImplicitlyDenied, or an error in words.
import { readFileSync } from 'node:fs'
import { runSimulation } from '@cloud-copilot/iam-simulate'

async function verdict({ principal, account, action, resource, context, identity, resourcePolicy, organisation = [] }) {
  const simulation = {
    request: { principal, action, resource: { resource, accountId: account }, contextVariables: context },
    identityPolicies: identity.map((policy, index) => ({ name: `policy${index}`, policy })),
    serviceControlPolicies: organisation.length
      ? [{ orgIdentifier: 'ou-shop', policies: organisation.map((policy, index) => ({ name: `scp${index}`, policy })) }]
      : [],
    resourceControlPolicies: [],
    resourcePolicy,
  }
  const outcome = await runSimulation(simulation, {})
  return outcome.resultType === 'error' ? JSON.stringify(outcome.errors) : outcome.overallResult
}

const { requests } = JSON.parse(readFileSync(0, 'utf8'))
const verdicts = []
for (const request of requests) verdicts.push(await verdict(request))
process.stdout.write(JSON.stringify(verdicts))
