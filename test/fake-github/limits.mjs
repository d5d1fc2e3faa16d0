// GitHub's limits as documented: a primary one per token and resource in an hour, and secondary
// ones: points in a minute (a reading costs 1, a change 5) and a hundred requests at once.
export function makeLimits(model, config) {
	const buckets = new Map(), minutes = new Map();

	function bucket(token, resource) {
		const key = `${token} ${resource}`;
		let found = buckets.get(key);
		if (!found || model.seconds() >= found.reset) {
			found = { limit: config.limit[resource], used: 0, reset: model.seconds() + 3600, resource };
			buckets.set(key, found);
		}
		return found;
	}
	const view = (b) => ({
		limit: b.limit, used: Math.min(b.used, b.limit), remaining: Math.max(0, b.limit - b.used),
		reset: b.reset, resource: b.resource,
	});
	return {
		bucket, view,
		forget: () => buckets.clear(),
		headers: (b) =>
			Object.fromEntries(Object.entries(view(b)).map(([k, v]) => [`x-ratelimit-${k}`, v])),
		exhausted: (b) => b.used >= b.limit,
		tooFast(token, resource, points) {
			const key = `${token} ${resource}`, now = model.seconds();
			const recent = (minutes.get(key) ?? []).filter(([at]) => now - at < 60);
			recent.push([now, points]);
			minutes.set(key, recent);
			return recent.reduce((sum, [, p]) => sum + p, 0) > config.perMinute[resource];
		},
	};
}
